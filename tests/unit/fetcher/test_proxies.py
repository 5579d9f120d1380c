"""The operator's names for proxies with passwords."""

import pytest

from services.fetcher.settings import FetcherSettings
from shared.errors import SettingsError
from shared.settings import load

NAMED = "oslo=http://us:p=w,d@proxy.example:3128  bergen=socks5h://10.0.0.1:1080"


def test_a_name_stands_for_its_address_and_an_address_for_itself() -> None:
    settings = FetcherSettings(proxies=NAMED)

    assert settings.proxy_url("oslo") == "http://us:p=w,d@proxy.example:3128"
    assert settings.proxy_url("bergen") == "socks5h://10.0.0.1:1080"
    assert settings.proxy_url("http://proxy.example:8080") == "http://proxy.example:8080"


@pytest.mark.parametrize(
    "proxy", ["", "turku", "http://us:pw@proxy.example:3128", "socks5://proxy.example:1"]
)
def test_what_is_neither_a_name_nor_an_address_without_password_stands_for_nothing(proxy: str) -> None:
    assert FetcherSettings(proxies=NAMED).proxy_url(proxy) is None


@pytest.mark.parametrize(
    "wrong", ["oslo", "Oslo=http://p:1", "a=http://ok:1 b=http://us:s3cret@p", "=http://p:1"]
)
def test_a_wrong_list_of_proxies_is_refused_at_the_start_without_its_password(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("PRESSMARK_FETCHER_PROXIES", wrong)

    with pytest.raises(SettingsError, match=r"PRESSMARK_FETCHER_PROXIES: .*part [12] is not") as told:
        load(FetcherSettings)

    assert "s3cret" not in str(told.value)


def test_settings_do_not_show_a_password() -> None:
    assert "p=w,d" not in repr(FetcherSettings(proxies=NAMED))
