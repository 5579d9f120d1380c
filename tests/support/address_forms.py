"""Ways to write an address that is not for us, and odd URLs that are for us all the same."""

LOOPBACK_HOSTS = """
127.0.0.1 127.1 127.0.1 127.00.00.01 127.000.000.001 0 0.0 0.0.0 0.0.0.0 00 0x0 00000000 127.0.0.2 127.255.255.254
127.127.127.127 2130706433 0x7f000001 0x7F000001 0X7F000001 0x7f.1 0x7f.0.0.1 0x7f.0x0.0x0.0x1 0x7f.0.1
0x7f.0x000001 0177.0.0.1 0177.1 0177.0.1 0177.0.0.01 00177.0.0.1 017700000001 0017700000001 0177.0x0.0.1 127.0x1
127.0.0x1 127.0.0.0x1 127.01 0000000000177.0.0.1 0x00000000007f.1 127.0.0.1. 127.1. 0x7f.1. 2130706433. 0.
localhost LOCALHOST LocalHost localhost. lOcAlHoSt.
[::1] [::] [0::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::0001] [0::0:1] [::0.0.0.1] [0::]
[::ffff:127.0.0.1] [::FFFF:127.0.0.1] [::ffff:7f00:1] [::ffff:7f00:0001] [0:0:0:0:0:ffff:127.0.0.1]
[::ffff:127.1.1.1]
[0:0:0:0:0:FFFF:7F00:0001] [::ffff:0.0.0.0] [::ffff:0:127.0.0.1] [::127.0.0.1] [::7f00:1] [64:ff9b::127.0.0.1]
[64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [64:FF9B::7F00:1] [2002:7f00:1::] [2002:7f00:1::1] [2002:7F00:0001::]
[2001:0:7f00:1::1] [2001:0:4136:e378:8000:63bf:80ff:fffe] [::1%25lo] [::1%lo] [::1%251] [fe80::1%25lo]
127。0。0。1 127．0．0．1 127｡0｡0｡1 １２７.0.0.1 １２７．０．０．１ ①②⑦.⓪.⓪.① ①②⑦。⓪。⓪。① ⑴⑵⑺.0.0.1
1２7.0.0.1 𝟏𝟐𝟕.𝟎.𝟎.𝟏
ｌｏｃａｌｈｏｓｔ ⓛⓞⓒⓐⓛⓗⓞⓢⓣ loc\u00adalhost local\u200bhost local\u2060host
LOCALHOST。 ℒocalhost locaⅼhost 127.0.0.1\u3002
２１３０７０６４３３ 0ｘ7f.1 ０x7f000001 [::１]
"""

PRIVATE_HOSTS = """
169.254.169.254 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376 0251.254.169.254 169.254.43518
169.16689662 025177524776 [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe]
[2002:a9fe:a9fe::1] [fd00:ec2::254] 169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16 １６９.254.169.254
10.0.0.1 10.1 012.1 0xa.1 167772161 172.16.0.1 172.31.255.254 192.168.0.1 192.168.257 3232235777 0xc0a80101
100.64.0.1 192.0.0.1 198.18.0.1 240.0.0.1 255.255.255.255 4294967295 0xffffffff 224.0.0.1 192.88.99.1 192.0.2.1
198.51.100.1 203.0.113.1 [::ffff:10.0.0.1] [64:ff9b::10.0.0.1] [fc00::1] [fd12::1] [fe80::1] [fec0::1] [ff02::1]
[3fff::1] [5f00::1] [100::1] [2001:db8::1] [2001:20::1] [2620:4f:8000::1] [4000::1] [3ffe::1]
"""

CONFUSED_URLS = (
    "http://127.0.0.1:{port}\\@outlet.example/",
    "http://outlet.example\\@127.0.0.1:{port}/",
    "http://[::1]:{port}@outlet.example/",
    "http://outlet.example@127.0.0.1:{port}/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://@127.0.0.1:{port}/",
    "http://:@127.0.0.1:{port}/",
    "http://outlet.example:80@127.0.0.1:{port}/",
    "http://outlet.example%40127.0.0.1:{port}/",
    "http://outlet.example#@127.0.0.1\x00:{port}/",
    "http://127.0.0.1%00.outlet.example:{port}/",
    "http://127.0.0.1%2f@outlet.example:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1\n:{port}/",
    "http://127.0.0\t.1:{port}/",
    "http://127.0.0.1 :{port}/",
    "http://127.0.0.1:{port} /",
    "http://127.0.0.1:{port}\r\nX-Evil: 1/",
    " http://127.0.0.1:{port}/",
    "\thttp://127.0.0.1:{port}/",
    "\x01http://127.0.0.1:{port}/",
    "ht\ntp://127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}\\",
    "//127.0.0.1:{port}/",
    "///127.0.0.1:{port}/",
    "\\\\127.0.0.1:{port}/",
    "/\\127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:00000{port}/",
    "http://127.0.0.1:+{port}/",
    "http://127.0.0.1:{port}:80/",
    "http://[::1/:{port}/",
    "http://[127.0.0.1]:{port}/",
    "http://::1:{port}/",
    "http://[::1]outlet.example:{port}/",
    "http://{{127.0.0.1}}:{port}/",
    "http://127.0.0.1;outlet.example:{port}/",
    "http://127.0.0.1&@outlet.example:{port}/",
    "http://0x7f.1:{port}#outlet.example",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://%6c%6f%63%61lhost:{port}/",
    "http://127.0.0.1:{port}?@outlet.example/",
    "http://xn--:{port}/",
    "http://a.b.c.%.com:{port}/",
    "file:///etc/passwd",
    "FILE:///etc/hostname",
    "file://127.0.0.1:{port}/",
    " file:///etc/hostname",
    "gopher://127.0.0.1:{port}/_FLUSHALL",
    "dict://127.0.0.1:{port}/info",
    "ftp://127.0.0.1:{port}/",
    "ldap://127.0.0.1:{port}/",
    "tftp://127.0.0.1:{port}/",
    "telnet://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "jar:http://127.0.0.1:{port}!/",
    "view-source:http://127.0.0.1:{port}/",
    "source:file:///etc/passwd",
    "blob:http://127.0.0.1:{port}/",
    "data:text/html,x",
    "javascript:fetch('http://127.0.0.1:{port}/')",
    "unix:/var/run/docker.sock",
)

PORTS = (
    "http://93.184.216.34:22/ http://93.184.216.34:25/ http://93.184.216.34:6379/ http://93.184.216.34:5432/"
)


def forbidden_urls(port: int) -> list[str]:
    """Return every form as a URL; those that lead to this machine lead to the given port."""
    hosts = [*LOOPBACK_HOSTS.split(), *PRIVATE_HOSTS.split()]
    forms = [f"http://{host}:{port}/" for host in hosts] + [url.format(port=port) for url in CONFUSED_URLS]
    return list(dict.fromkeys([*forms, *PORTS.split()]))


ODD_BUT_GOOD = (
    "http://outlet.example",
    "http://outlet.example?page=2",
    "http://OUTLET.example/",
    "HTTPS://outlet.example/A/B",
    "http://outlet.example./a",
    "http://outlet.example:80/",
    "http://outlet.example:0080/",
    "https://outlet.example:443/",
    "http://outlet.example:/",
    "http://outlet.example:8080/",
    "http://outlet.example:8999/x",
    "http://under_score.outlet.example/",
    "http://1.outlet.example/",
    "http://127.0.0.1.outlet.example/",
    "http://localhost.outlet.example/",
    "http://10.outlet.example/",
    "http://0x7f.outlet.example/",
    "http://a--b.example/",
    "http://xn--9n2bp8q.example/",
    "http://조선.example/",
    "http://新闻.example/头条",
    "http://bücher.example/",
    "http://outlet.example/조선?q=평양",
    "http://outlet.example/a b",
    "http://outlet.example/%",
    "http://outlet.example/%zz",
    "http://outlet.example/%00",
    "http://outlet.example/%0d%0aX-Evil:%201",
    "http://outlet.example/%2e%2e/%2e%2e/etc",
    "http://outlet.example/../../etc/passwd",
    "http://outlet.example/a/./b/../c",
    "http://outlet.example//double//slash",
    "http://outlet.example/a;b=c;d",
    "http://outlet.example/a;jsessionid=ABC?x=1",
    "http://outlet.example/?a=1&a=1&b",
    "http://outlet.example/?",
    "http://outlet.example/?q=http://127.0.0.1/",
    "http://outlet.example/http://127.0.0.1/",
    "http://outlet.example/@127.0.0.1/",
    "http://outlet.example/?x=@127.0.0.1",
    "http://outlet.example/#@127.0.0.1",
    "http://outlet.example/?redirect=//localhost/",
    "http://outlet.example/:8080/",
    "http://outlet.example/file:///etc/passwd",
    "http://outlet.example/a'b\"c",
    "http://outlet.example/{id}|x^y`z",
    "http://outlet.example/<title>",
    "http://outlet.example/a?b[]=1&c[d]=2",
    "http://outlet.example/?YWJj=ZGVm==",
    "http://outlet.example/😀",
    "http://outlet.example/" + "a" * 4000,
    "http://outlet.example/?" + "&".join(f"p{n}=1" for n in range(500)),
    "http://" + "a" * 63 + ".example/",
    "http://93.184.216.34/",
    "http://1.1.1.1/",
    "http://[2606:2800:220:1:248:1893:25c8:1946]/",
    "http://[2606:2800:220:1:248:1893:25C8:1946]:8080/x",
    "http://1572395042/",
    "http://0x5db8d822/",
    "\t http://outlet.example/trimmed \n",
)
