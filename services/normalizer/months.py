"""Names of months in the languages that outlets publish in, from Unicode CLDR and from pages seen.

One line a language: twelve fields, each with the forms of one month that no language above has. Case, case endings
and final full stops do not matter. Five words name different months in Croatian and in Polish or Czech.
"""

_NAMES: dict[str, str] = {
    "en": "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,"
    "september sep sept,october oct,november nov,december dec",
    "de": "januar jänner jän,februar,märz mär mrz maerz,,mai,juni,juli,,,oktober okt,,dezember dez",
    "fr": "janvier janv,février févr fév fevrier,mars,avril avr,,juin,juillet juil,août aout,septembre,"
    "octobre,novembre,décembre déc decembre",
    "es": "enero ene,febrero,marzo,abril abr,mayo,junio,julio,agosto ago,septiembre setiembre set,octubre,"
    "noviembre,diciembre dic",
    "pt": "janeiro,fevereiro fev,março,,maio,junho,julho,,setembro,outubro out,novembro,dezembro",
    "it": "gennaio gen,febbraio,,aprile,maggio mag,giugno giu,luglio lug,,settembre,ottobre ott,,dicembre",
    "nl": "januari,februari,maart mrt maa,,mei,,,augustus,,,,",
    "sv": ",,,,maj,,,augusti,,,,",
    "da": ",,marts,,,,,,,,,",
    "no": ",,,,,,,,,,,desember des",
    "fi": "tammikuuta tammikuu tammi,helmikuuta helmikuu helmi,maaliskuuta maaliskuu maalis,"
    "huhtikuuta huhtikuu huhti,toukokuuta toukokuu touko,kesäkuuta kesäkuu kesä,"
    "heinäkuuta heinäkuu heinä,elokuuta elokuu elo,syyskuuta syyskuu syys,lokakuuta lokakuu loka,"
    "marraskuuta marraskuu marras,joulukuuta joulukuu joulu",
    "et": "jaanuar jaan,veebruar veebr,märts,aprill,,juuni,juuli,,,oktoober,,detsember dets",
    "lv": "janvāris,februāris febr,,aprīlis,maijs,jūnijs jūn,jūlijs jūl,augusts,septembris,oktobris,"
    "novembris,decembris",
    "lt": "sausio sausis saus,vasario vasaris vas,kovo kovas kov,balandžio balandis bal,gegužės gegužė geg,"
    "birželio birželis birž,liepos liepa liep,rugpjūčio rugpjūtis rugp,rugsėjo rugsėjis rugs,"
    "spalio spalis spal,lapkričio lapkritis lapkr,gruodžio gruodis gruod",
    "pl": "stycznia styczeń sty,lutego luty lut,marca marzec,kwietnia kwiecień kwi,maja,"
    "czerwca czerwiec cze,lipca lipiec lip,sierpnia sierpień sie,września wrzesień wrz,"
    "października październik paź,listopada listopad lis,grudnia grudzień gru",
    "cs": "ledna leden led,února únor úno,března březen bře,dubna duben dub,května květen kvě,"
    "června červen čvn,července červenec čvc,srpna srpen srp,září zář,října říjen říj,listopadu,"
    "prosince prosinec pro",
    "sk": "januára január,februára február,marec,apríla apríl,mája máj,júna jún,júla júl,augusta,septembra,"
    "októbra október,novembra,decembra",
    "hu": ",,március márc,április ápr,május,június,július,augusztus,szeptember szept,,,",
    "ro": "ianuarie ian,februarie,martie,aprilie,,iunie iun,iulie iul,,septembrie,octombrie,noiembrie,"
    "decembrie",
    "bg": "януари яну,февруари фев,март,април апр,май,юни,юли,август авг,септември сеп,октомври окт,"
    "ноември ное,декември дек",
    "sr": "јануар јан,фебруар феб,мар,,мај,јун,јул,,септембар,октобар,новембар нов,децембар дец",
    "sr-latn": ",,mart,,,,,avgust avg,septembar,oktobar,novembar,decembar",
    "hr": "siječnja siječanj sij,veljače veljača velj,ožujka ožujak ožu,travnja travanj tra,"
    "svibnja svibanj svi,lipnja lipanj lip,srpnja srpanj srp,kolovoza kolovoz kol,rujna rujan ruj,"
    "listopada listopad lis,studenoga studeni stu studenom,prosinca prosinac",
    "sl": ",,,,,junij,julij,,,,,",
    "mk": "јануари,,,,,јуни,јули,,,,,",
    "ru": "января январь янв,февраля февраль февр,марта,апреля апрель,мая,июня июнь июн,июля июль июл,"
    "августа,сентября сентябрь сент,октября октябрь,ноября ноябрь нояб,декабря декабрь",
    "uk": "січня січень січ,лютого лютий лют,березня березень бер,квітня квітень квіт кві,"
    "травня травень трав,червня червень черв чер,липня липень лип,серпня серпень серп сер,"
    "вересня вересень вер верес,жовтня жовтень жовт жов,листопада листопад лист листоп,"
    "грудня грудень груд гру",
    "be": "студзеня студзень сту,лютага люты,сакавіка сакавік сак,красавіка красавік кра,,"
    "чэрвеня чэрвень чэр,ліпеня ліпень ліп,жніўня жнівень жні,верасня верасень,"
    "кастрычніка кастрычнік кас,лістапада лістапад ліс,снежня снежань сне",
    "el": "ιανουαρίου ιανουάριοσ ιαν,φεβρουαρίου φεβρουάριοσ φεβ,μαρτίου μάρτιοσ μαρ μάρ,"
    "απριλίου απρίλιοσ απρ,μαΐου μάιοσ μαΐ μάι,ιουνίου ιούνιοσ ιουν ιούν,"
    "ιουλίου ιούλιοσ ιουλ ιούλ,αυγούστου αύγουστοσ αυγ αύγ,σεπτεμβρίου σεπτέμβριοσ σεπ,"
    "οκτωβρίου οκτώβριοσ οκτ,νοεμβρίου νοέμβριοσ νοε νοέ,δεκεμβρίου δεκέμβριοσ δεκ",
    "tr": "ocak oca,şubat şub,,nisan nis ni,mayıs,haziran haz,temmuz tem,ağustos ağu,eylül eyl,ekim eki,"
    "kasım kas,aralık ara",
    "az": "yanvar yan,fevral,,aprel,,iyun iyn,iyul iyl,avqust avq,sentyabr sen,oktyabr,noyabr noy,dekabr dek",
    "kk": "қаңтар қаң,ақпан ақп,наурыз нау,сәуір сәу,мамыр мам,маусым мау,шілде шіл,тамыз там,қыркүйек қыр,"
    "қазан қаз,қараша қар,желтоқсан жел",
    "id": ",,maret,,,,,agustus agu agt ags,,,,",
    "ms": ",,mac,,,,julai,ogos ogo,,,,disember dis",
    "sw": ",,machi,aprili,,,,agosti,septemba,oktoba,novemba,desemba",
    "af": "januarie,,,,,junie,julie,,,,,",
    "ca": "gener,febrer,març,d’abril d’abr,maig,juny,juliol,d’agost agost d’ag,setembre,d’octubre d’oct,,"
    "desembre",
    "gl": "xaneiro xan,febreiro,,,,xuño,xullo xul,,,,,decembro",
    "eu": "urtarrila urt,otsaila ots,martxoa,apirila api,maiatza,ekaina eka,uztaila uzt,abuztua abu,"
    "iraila ira,urria urr,azaroa aza,abendua abe",
    "is": "janúar,febrúar,,,maí,júní,júlí,ágúst ágú,,,nóvember nóv,",
    "sq": "janar,shkurt shk,,prill pri,,qershor qer,korrik korr,gusht gush,shtator sht,tetor tet,"
    "nëntor nën,dhjetor dhj",
    "hi": "जनवरी जन॰,फ़रवरी फ़र॰,मार्च,अप्रैल,मई,जून,जुलाई जुल॰,अगस्त अग॰,सितंबर सित॰,अक्टूबर अक्टू॰,"
    "नवंबर नव॰,दिसंबर दिस॰ दिसम्बर",
    "bn": "জানুয়ারী জানু,ফেব্রুয়ারী ফেব,মার্চ,এপ্রিল এপ্রি,মে,জুন,জুলাই জুল,আগস্ট আগ,সেপ্টেম্বর সেপ,"
    "অক্টোবর অক্টো,নভেম্বর নভে,ডিসেম্বর ডিসে",
    "ta": "ஜனவரி ஜன,பிப்ரவரி பிப்,மார்ச் மார்,ஏப்ரல் ஏப்,மே,ஜூன்,ஜூலை,ஆகஸ்ட் ஆக,செப்டம்பர் செப்,அக்டோபர் அக்,நவம்பர் நவ,டிசம்பர் டிச",
    "te": "జనవరి జన,ఫిబ్రవరి ఫిబ్ర,మార్చి,ఏప్రిల్ ఏప్రి,మే,జూన్,జులై,ఆగస్టు ఆగ,సెప్టెంబర్ సెప్టెం,అక్టోబర్ అక్టో,నవంబర్ నవం,డిసెంబర్ డిసెం",
    "mr": "जानेवारी जाने,फेब्रुवारी फेब्रु,,एप्रिल एप्रि,मे,,जुलै,ऑगस्ट ऑग,सप्टेंबर सप्टें,ऑक्टोबर ऑक्टो,नोव्हेंबर नोव्हें,डिसेंबर डिसें",
    "ur": "جنوری,فروری,مارچ,اپریل,مئی,جون,جولائی,اگست,ستمبر,اکتوبر,نومبر,دسمبر",
    "fa": "ژانویهٔ ژانویه,فوریهٔ فوریه,مارس,آوریل,مهٔ مه,ژوئن,ژوئیهٔ ژوئیه,اوت,سپتامبر,اکتبر,نوامبر,دسامبر",
    "ar": "يناير,فبراير شباط,آذار,أبريل نيسان,مايو أيار,يونيو حزيران,يوليو تموز,أغسطس آب,سبتمبر أيلول,"
    "أكتوبر,نوفمبر,ديسمبر",
    "he": "ינואר ינו׳,פברואר פבר׳,מרץ,אפריל אפר׳,מאי,יוני,יולי,אוגוסט אוג׳,ספטמבר ספט׳,אוקטובר אוק׳,"
    "נובמבר נוב׳,דצמבר דצמ׳",
    "th": "มกราคม ม.ค,กุมภาพันธ์ ก.พ กุมภา,มีนาคม มี.ค,เมษายน เม.ย,พฤษภาคม พ.ค,มิถุนายน มิ.ย,กรกฎาคม ก.ค,"
    "สิงหาคม ส.ค,กันยายน ก.ย,ตุลาคม ต.ค เดือนตุลาคม,พฤศจิกายน พ.ย,ธันวาคม ธ.ค",
    "ka": "იანვარი იან,თებერვალი თებ,მარტი მარ,აპრილი აპრ,მაისი მაი,ივნისი ივნ,ივლისი ივლ,აგვისტო აგვ,"
    "სექტემბერი სექ,ოქტომბერი ოქტ,ნოემბერი ნოე,დეკემბერი დეკ",
    "hy": "հունվարի հունվար հնվ,փետրվարի փետրվար փտվ,մարտի մարտ մրտ,ապրիլի ապրիլ ապր,մայիսի մայիս մյս,"
    "հունիսի հունիս հնս,հուլիսի հուլիս հլս,օգոստոսի օգոստոս օգս,սեպտեմբերի սեպտեմբեր սեպ,"
    "հոկտեմբերի հոկտեմբեր հոկ,նոյեմբերի նոյեմբեր նոյ,դեկտեմբերի դեկտեմբեր դեկ",
    "zu": "januwari,februwari,mashi mas,ephreli eph,meyi mey,,julayi,agasti aga,septhemba,okthoba,,disemba",
    "xh": "janyuwari,,matshi mat,epreli epr,,,,,,okthobha,,",
    "tl": ",pebrero,marso,,,hunyo,hulyo,,setyembre,oktubre,nobyembre,disyembre",
}


def _by_word() -> dict[str, dict[int, set[str]]]:
    words: dict[str, dict[int, set[str]]] = {}
    for language, row in _NAMES.items():
        for number, forms in enumerate(row.split(","), start=1):
            for form in forms.split():
                words.setdefault(form, {}).setdefault(number, set()).add(language)
    return words


_WORDS = _by_word()


def month_number(word: str, language: str | None = None) -> int | None:
    """Return 1 to 12 for a month's name or abbreviation in lower case, else None.

    Args:
        word: The word, in lower case, without a final full stop.
        language: Primary tag of the page's language; it decides between the few words of two meanings.
    """
    numbers = _WORDS.get(word)
    if numbers is None:
        return None
    if len(numbers) == 1:
        return next(iter(numbers))
    return next((number for number, languages in numbers.items() if language in languages), None)
