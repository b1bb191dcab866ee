"""The words by which a display name is told apart: titles, particles, nobility, companies, roles, pronouns.

Word lists only. There is no list of first names here and there never will be one: a form of address is not guessed
(OLG Frankfurt 9 U 92/20, EuGH C-394/23). All words are folded: lower case, without dots.
"""

from maild.core.contact import Form


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HONORIFICS = {
    **dict.fromkeys(("frau", "fr", "mrs", "ms", "miss"), Form.FRAU),
    **dict.fromkeys(("herr", "herrn", "hr", "hrn", "mr"), Form.HERR),
}

# Stated by the person: «Peter Klein (er/ihm)».
PRONOUNS = {
    **dict.fromkeys(("sie/ihr", "she/her", "sie/ihr/ihre", "she/her/hers"), Form.FRAU),
    **dict.fromkeys(("er/ihm", "er/ihn", "he/him", "er/ihm/sein", "he/him/his"), Form.HERR),
    **dict.fromkeys(("they/them", "they/them/theirs", "dey/deren", "dey/dem", "xier/xies"), Form.NEUTRAL),
}

PROFESSOR = _words(
    "prof professor professorin profin univ-prof univprof univ-professor jun-prof juniorprofessor juniorprofessorin"
    " hon-prof apl-prof aprof ao-prof"
)
DOCTOR = _words("dr drs drin ddr ddrs doktor dr-ing drmed drjur drphil drrernat drhc")
MAGISTER = _words("mag magister magistra mag-a maga")
ENGINEER = _words("dipl-ing diplomingenieur dipl-ingenieur")
# Before a name and never said in a salutation; none that is a common surname too (Förster, Richter, Schneider).
PROFESSIONS = _words(
    "rechtsanwalt rechtsanwältin notar notarin steuerberater steuerberaterin wirtschaftsprüfer wirtschaftsprüferin"
    " architekt architektin ingenieur ingenieurin malermeister malermeisterin tischlermeister tischlermeisterin"
    " elektromeister elektromeisterin hausmeister hausmeisterin pfarrer pfarrerin pastorin bürgermeister"
    " bürgermeisterin oberbürgermeister oberbürgermeisterin heilpraktiker heilpraktikerin zahnarzt zahnärztin tierarzt"
    " tierärztin apotheker apothekerin geschäftsführer geschäftsführerin inhaber inhaberin sekretärin dipl-kfm"
)
# What follows Dr. or Prof. and is never printed: faculties and honours.
FACULTY = _words(
    "med dent vet rer nat phil jur iur oec pol agr techn theol hc h c mult habil em sc hum biol pharm paed eh e soc"
    " publ troph ing dr univ apl"
)
# Other degrees and suffixes, dropped wherever they stand.
DEGREES = _words(
    "dipl dipl-kfm dipl-kffr dipl-kaufmann dipl-kauffrau dipl-betriebswirt dipl-betrw dipl-psych dipl-inf dipl-math"
    " dipl-phys dipl-chem dipl-biol dipl-päd dipl-des dipl-oec dipl-ök dipl-vw dipl-jur dipl-wirt-ing dipl-wi-ing"
    " bsc msc beng meng bed med llm llb mba emba phd mphil dba ing ra rain stb stbin wp priv-doz privdoz pd"
    " jun jr sen sr"
)
# Degrees that might also be a name; only in capitals, after the name.
LATE_DEGREES = frozenset({"MA", "M.A.", "BA", "B.A.", "DI", "CFA", "PMP", "II", "III", "IV", "MdB", "MdL"})

# Begin a surname and belong to it (german.md: von/van/zu/de).
PARTICLES = _words(
    "von vom van v de del della dello degli delle di da do dos du dal la le les zu zum zur ten ter te af av el al bin"
    " ibn abu"
)
# Only after another particle: «von der Leyen», «von und zu Guttenberg»; but «Gewinn der Woche» is nobody's name.
LATER_PARTICLES = _words("der den dem und")
# Capitalised as well: «Jan Van Damme», «Maria De Luca».
CAPITAL_PARTICLES = frozenset(
    {"Von", "Van", "De", "Del", "Della", "Di", "Da", "Du", "Dos", "Dal", "La", "Le", "El", "Al"}
)

# Replace Herr or Frau in a salutation.
NOBLE_FRAU = _words("gräfin fürstin prinzessin baronin herzogin komtess komtesse baronesse")
NOBLE_HERR = _words("graf fürst prinz baron herzog")
# Dropped from a salutation, the particle stays.
NOBLE_DROPPED = _words("freiherr freifrau freiin ritter edler edle")
NOBILITY = NOBLE_FRAU | NOBLE_HERR | NOBLE_DROPPED
# Ordinary surnames too: nobility only before a particle.
NOBLE_BEFORE_PARTICLE = _words("ritter edler edle")

# Surnames of people who write them first; which of the names is the surname then stays open.
FAMILY_FIRST = _words(
    "nguyen tran pham hoang huynh phan vu vo dang bui ngo duong ly wang li zhang liu chen yang huang zhao wu zhou xu"
    " sun zhu lin guo luo zheng liang xie tang kim lee park choi jung kang cho yoon jang lim han shin"
)

# Cut off with all that follows: how the mail came, or whom the person works for.
DETOURS = _words("via über per bei für from for at c/o @ geb geb. née")
# The first word of a detour that takes two: «im Auftrag von», «on behalf of».
DETOUR_PAIRS = frozenset({("im", "auftrag"), ("on", "behalf")})

# Several people, or a firm: «Müller & Sohn», «Anna und Peter Müller».
JOINERS = frozenset({"&", "+", "und", "and", "u"})

COMPANY = _words(
    "gmbh ggmbh mbh kgaa ohg gbr ekfr ekfm egbr partg partgmbb partmbb mbb ltd limited inc incorporated corp"
    " corporation llc llp plc srl spa sarl sàrl spzoo sro kft oy aps doo gesmbh company compagnie"
    " gruppe group holding firma verlag verein verband stiftung institut institute universität hochschule schule"
    " akademie klinik klinikum krankenhaus praxis kanzlei notariat apotheke autohaus hotel gasthof gasthaus restaurant"
    " pension bäckerei konditorei metzgerei fleischerei schreinerei tischlerei zimmerei spedition druckerei gärtnerei"
    " bank volksbank raiffeisenbank sparkasse versicherung versicherungen stadtwerke stadt gemeinde landkreis kreis"
    " bezirk ministerium amt finanzamt amtsgericht landgericht gericht handwerkskammer kammer ihk behörde deutsche"
    " deutscher deutsches deutschland germany europe international agentur agency studio werkstatt handel handels"
    " großhandel bau hausverwaltung immobilien consulting solutions systems software technologies technology services"
    " sanitär heizung elektro haustechnik gartenbau hausmeisterservice paket express telekom"
    " co logistik logistics media druck shop onlineshop store markt familie eheleute"
)
# Legal forms of two letters, nothing of the kind where written as a name («Ev Müller»).
COMPANY_SHORT = _words("ek ev eg eu bv nv sas")
# Legal forms that are ordinary syllables in other capitals.
COMPANY_CAPITALS = frozenset(
    {"AG", "SE", "KG", "UG", "SA", "S.A.", "AB", "AS", "A/S", "BV", "NV", "HG", "VVaG", "KdöR", "AöR"}
)

ROLES = _words(
    "abteilung anfrage anfragen angebot angebote bestellung bestellungen bestellservice bewerbung bewerbungen"
    " buchhaltung debitoren kreditoren büro buero office datenschutz dienst disposition einkauf beschaffung purchasing"
    " empfang rezeption reception export import geschäftsführung geschäftsleitung hotline info infos information kasse"
    " kontakt kontaktformular contact kundendienst kundenservice kundenbetreuung customer lager leitung mail mailbox"
    " marketing newsletter news noreply no-reply donotreply do-not-reply postmaster webmaster hostmaster mailer-daemon"
    " administrator admin personal personalabteilung hr jobs karriere career presse produktion projektleitung qualität"
    " rechnung rechnungen rechnungswesen invoice invoices billing accounting accounts reklamation sales sekretariat"
    " service services support technik technical team teams verkauf vertrieb versand verwaltung vorzimmer website web"
    " zentrale helpdesk help hilfe system notification notifications benachrichtigung alert automatisch"
    " vorstand geschäftsführer geschäftsführerin inhaber inhaberin assistenz assistent assistentin sekretärin leiter"
    " leiterin direktor direktorin manager ceo cfo cto coo"
)
COMPANY_ENDINGS = (
    "gmbh",
    "team",
    "abteilung",
    "verwaltung",
    "service",
    "versicherung",
    "verband",
    "zentrum",
    "-shop",
    "büro",
    "betrieb",
    "erei",
    "handlung",
    "technik",
    "unternehmen",
)

# Local parts that belong to an office and not to one person. `mail`, `post` and `hallo` are left out on purpose:
# one-person businesses use them, beside their own name.
ROLE_LOCALS = _words(
    "info infos kontakt contact office buero büro vertrieb einkauf buchhaltung rechnung rechnungen rechnungswesen"
    " invoice invoices billing accounting accounts sales support service services kundenservice kundendienst hilfe"
    " help helpdesk team noreply no-reply donotreply do-not-reply nicht-antworten postmaster webmaster hostmaster admin"
    " administrator root abuse security newsletter news bewerbung bewerbungen jobs karriere career hr personal presse"
    " press marketing shop bestellung bestellungen order orders anfrage anfragen angebot angebote empfang rezeption"
    " sekretariat zentrale verwaltung datenschutz privacy purchasing verkauf versand reklamation technik"
    " mailer-daemon bounce bounces notification notifications alerts system poststelle"
)

# Begin a wish or a sentence, and no name: «Schönes Wochenende», «Frohe Weihnachten», «Bis Freitag».
NEVER_FIRST = _words(
    "schön schöne schönen schönes froh frohe frohes fröhliche gute guten gutes liebe lieber liebes beste besten bester"
    " viele vielen vielmals herzliche herzlichen herzlich freundliche freundlichen mit bis bitte danke dank einen eine"
    " ein eines ihr ihre ihren sie wir ich unser unsere das der die den dem dieses diese nach auf aus zum zur"
    " für gesegnete gesegnetes besinnliche erholsame sonnige neue neuer neues thank"
    " thanks your our the dear sehr geehrte geehrter hallo guten gesendet sent wichtige wichtiger aktuelle aktuelles"
    " inh. inhaber deine dein euer eure kein keine nicht jetzt hier alle alles"
)
# Stand in no name: what is wished, what is enclosed, and functions that `ROLES` leaves out.
NEVER_NAMES = _words(
    "wochenende weihnachten weihnachtszeit weihnachtstage feiertage festtage ostern adventszeit jahreswechsel"
    " grüße grüsse grüßen grüssen woche feierabend urlaub nachricht anlage anlagen anhang telefon"
    " telefax mobil mobile handy straße strasse postfach regards wishes christmas year weekend consultant engineer"
    " director officer assistant specialist executive coordinator supervisor sachbearbeiter sachbearbeiterin"
    " abteilungsleiter abteilungsleiterin prokurist prokuristin referent referentin berater beraterin"
    " kaufmännische kaufmännischer technische technischer stellvertretende stellvertretender angebot angebote"
    " bestellung rechnung"
)

# Who sends the forms that visitors of a website fill in; words of the display name and of the local part.
FORM_SENDERS = _words(
    "kontaktformular formular webformular anfrageformular formmailer wordpress webform form forms website webseite"
    " homepage noreply no-reply donotreply do-not-reply nicht-antworten contactform kontaktanfrage"
)
# The fields of such forms, as their labels have them.
FORM_FIELDS = {
    **dict.fromkeys(
        ("name", "ihr name", "ihr vollständiger name", "vollständiger name", "vor- und nachname"), "name"
    ),
    **dict.fromkeys(
        ("vorname und nachname", "vor- und zuname", "ansprechpartner", "your name", "full name"), "name"
    ),
    **dict.fromkeys(("vorname", "ihr vorname", "first name"), "given"),
    **dict.fromkeys(("nachname", "ihr nachname", "familienname", "zuname", "last name", "surname"), "family"),
    **dict.fromkeys(("anrede", "ihre anrede", "salutation"), "form"),
    **dict.fromkeys(("titel", "akademischer titel", "title"), "title"),
}
