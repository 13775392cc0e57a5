import { canonicalName } from '../transactions/canonical-name.ts';
import { FAKER_LOCALES } from './faker-locales.ts';

/**
 * Country and nationality words → the locale whose names its people bear.
 *
 * One row a country: ISO 3166 code, locale, then names and demonyms, English first. Written out rather than asked of
 * `Intl`, whose words change with the version of the runtime: workers of one fleet must agree. Where the library has
 * names in two scripts the romanised ones are taken (India, Nepal, Nigeria), else the country's own script.
 * Neighbours without names of their own in the library borrow only where the names are truly alike (Belarus and Russia,
 * Colombia and Mexico); all others get the population's default locale.
 */
const COUNTRIES = `
AE ar     | United Arab Emirates, UAE, Emirati
AF fa     | Afghanistan, Afghan
AM hy     | Armenia, Armenian
AO pt_PT  | Angola, Angolan
AR es     | Argentina, Argentine, Argentinian, Argentinean, argentino, argentina
AT de_AT  | Austria, Austrian, Österreich, österreichisch
AU en_AU  | Australia, Australian, Aussie
AZ az     | Azerbaijan, Azerbaijani, Azeri
BA sr_RS_latin | Bosnia and Herzegovina, Bosnia & Herzegovina, Bosnia, Bosnian
BD bn_BD  | Bangladesh, Bangladeshi, Bengali
BE nl_BE  | Belgium, Belgian, Flemish, België
BH ar     | Bahrain, Bahraini
BO es     | Bolivia, Bolivian, boliviano, boliviana
BR pt_BR  | Brazil, Brazilian, Brasil, brasileiro, brasileira
BY ru     | Belarus, Belarusian
CA en_CA  | Canada, Canadian
CH de_CH  | Switzerland, Swiss, Schweiz, Suisse
CI fr_SN  | Ivory Coast, Côte d'Ivoire, Ivorian
CL es     | Chile, Chilean, chileno, chilena
CN zh_CN  | China, Chinese, People's Republic of China, PRC, Mainland China, 中国
CO es_MX  | Colombia, Colombian, colombiano, colombiana
CR es_MX  | Costa Rica, Costa Rican, costarricense
CU es     | Cuba, Cuban, cubano, cubana
CY el     | Cyprus, Cypriot, Greek Cypriot
CZ cs_CZ  | Czech Republic, Czechia, Czech, Česko
DE de     | Germany, German, Deutschland, deutsch
DK da     | Denmark, Danish, Dane, Danmark
DO es     | Dominican Republic, Dominican
DZ ar     | Algeria, Algerian
EC es     | Ecuador, Ecuadorian, ecuatoriano, ecuatoriana
EG ar     | Egypt, Egyptian
ES es     | Spain, Spanish, Spaniard, España, español, española
FI fi     | Finland, Finnish, Finn, Suomi
FR fr     | France, French, Frenchman, Frenchwoman, français, française
GB en_GB  | United Kingdom, UK, Great Britain, Britain, British, Briton, England, English, Scotland, Scottish, Northern Ireland, Northern Irish
GE ka_GE  | Georgia, Georgian
GH en_GH  | Ghana, Ghanaian
GR el     | Greece, Greek, Hellenic
GT es_MX  | Guatemala, Guatemalan, guatemalteco, guatemalteca
HK en_HK  | Hong Kong, Hong Kong SAR China, Hongkonger, Hong Konger
HN es_MX  | Honduras, Honduran
HR hr     | Croatia, Croatian, Croat, Hrvatska
HU hu     | Hungary, Hungarian, Magyar, Magyarország
ID id_ID  | Indonesia, Indonesian
IE en_IE  | Ireland, Irish, Republic of Ireland
IL he     | Israel, Israeli
IN en_IN  | India, Indian, Bharat, Punjabi, Gujarati, Marathi
IQ ar     | Iraq, Iraqi
IR fa     | Iran, Iranian, Persian
IT it     | Italy, Italian, Italia, italiano, italiana
JO ar     | Jordan, Jordanian
JP ja     | Japan, Japanese, 日本, 日本人
KP ko     | North Korea, North Korean
KR ko     | South Korea, South Korean, Korea, Korean, Republic of Korea, 한국, 대한민국
KW ar     | Kuwait, Kuwaiti
LB ar     | Lebanon, Lebanese
LI de_CH  | Liechtenstein, Liechtensteiner
LU fr_LU  | Luxembourg, Luxembourgish, Luxembourger
LV lv     | Latvia, Latvian
LY ar     | Libya, Libyan
MA ar     | Morocco, Moroccan
MD ro_MD  | Moldova, Moldovan
ME sr_RS_latin | Montenegro, Montenegrin
MK mk     | North Macedonia, Macedonia, Macedonian
ML fr_SN  | Mali, Malian
MN mn_MN_cyrl | Mongolia, Mongolian
MO zh_CN  | Macau, Macao, Macanese
MV dv     | Maldives, Maldivian
MX es_MX  | Mexico, Mexican, México, mexicano, mexicana
MZ pt_PT  | Mozambique, Mozambican
NG en_NG  | Nigeria, Nigerian
NI es_MX  | Nicaragua, Nicaraguan
NL nl     | Netherlands, The Netherlands, Holland, Dutch, Dutchman, Nederland
NO nb_NO  | Norway, Norwegian, Norge
NP en_NP  | Nepal, Nepali, Nepalese
NZ en_AU  | New Zealand, New Zealander, Kiwi
OM ar     | Oman, Omani
PA es_MX  | Panama, Panamanian
PE es     | Peru, Peruvian, peruano, peruana
PK ur     | Pakistan, Pakistani
PL pl     | Poland, Polish, Pole, Polska
PR es     | Puerto Rico, Puerto Rican
PS ar     | Palestine, Palestinian
PT pt_PT  | Portugal, Portuguese, português, portuguesa
PY es     | Paraguay, Paraguayan
QA ar     | Qatar, Qatari
RO ro     | Romania, Romanian
RS sr_RS_latin | Serbia, Serbian, Serb
RU ru     | Russia, Russian, Russian Federation
SA ar     | Saudi Arabia, Saudi, Saudi Arabian
SD ar     | Sudan, Sudanese
SE sv     | Sweden, Swedish, Swede, Sverige
SI sl_SI  | Slovenia, Slovenian, Slovene
SK sk     | Slovakia, Slovak, Slovakian
SN fr_SN  | Senegal, Senegalese
SV es_MX  | El Salvador, Salvadoran, Salvadorean
SY ar     | Syria, Syrian
TH th     | Thailand, Thai
TN ar     | Tunisia, Tunisian
TR tr     | Turkey, Turkish, Turk, Türkiye
TW zh_TW  | Taiwan, Taiwanese
UA uk     | Ukraine, Ukrainian
US en_US  | United States, United States of America, USA, U.S., U.S.A., America, American
UY es     | Uruguay, Uruguayan
UZ uz_UZ_latin | Uzbekistan, Uzbek
VE es     | Venezuela, Venezuelan, venezolano, venezolana
VN vi     | Vietnam, Viet Nam, Vietnamese
YE ar     | Yemen, Yemeni
ZA en_ZA  | South Africa, South African
-- cy     | Wales, Welsh
-- fr_CA  | Quebec, Québec, Québécois, Québécoise, Quebecker, French Canadian
-- fr_BE  | Walloon, Wallonia
-- fr_CH  | Swiss French, Romand
-- af_ZA  | Afrikaner, Afrikaans
-- zu_ZA  | Zulu
-- yo_NG  | Yoruba
-- ta_IN  | Tamil
-- ku_kmr_latin | Kurdish, Kurd, Kurdistan
-- ar     | Arab, Arabic
-- eo     | Esperanto
`;

const BY_WORD = readTable(COUNTRIES);

/** Every locale that a nationality can lead to. */
export const COUNTRY_LOCALES: readonly string[] = [...new Set(BY_WORD.values())];

const LOCALE_BY_CANONICAL_ID = new Map(FAKER_LOCALES.map((id) => [canonicalName(id), id as string]));

function readTable(table: string): Map<string, string> {
  const byWord = new Map<string, string>();
  for (const row of table.trim().split('\n')) {
    const [head = '', words = ''] = row.split('|');
    const [code = '', locale = ''] = head.trim().split(/\s+/);
    for (const word of [code.replace('--', ''), ...words.split(',')]) {
      const key = canonicalName(word);
      if (key !== '') byWord.set(key, locale);
    }
  }
  return byWord;
}

/**
 * The locale for free text about a nationality: a country (`Brazil`), a demonym (`Brazilian`), an ISO code (`BR`), a
 * locale (`pt_BR`, `pt-BR`), any of them with an aside (`Brazilian (São Paulo)`, `Brazilian, lives in Lisbon`). Case,
 * accents and punctuation do not matter. Undefined where the text is none of these.
 */
export function localeForNationality(nationality: string): string | undefined {
  const [beforeAside = ''] = nationality.split(/[,;(/]/);
  for (const text of [nationality, beforeAside]) {
    const key = canonicalName(text);
    const found = BY_WORD.get(key) ?? LOCALE_BY_CANONICAL_ID.get(key) ?? BY_WORD.get(regionOf(text));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The country code of a locale that the library does not have: `es_AR` → `ar`, the key for Argentina. */
function regionOf(text: string): string {
  return canonicalName(/^[a-z]{2,3}[-_]([A-Z]{2})$/.exec(text.trim())?.[1] ?? '');
}
