/**
 * The locales of `@faker-js/faker` that names can be drawn from. A test holds the list against the library's own.
 *
 * Four of them bring no names of their own. The library would give them its English ones; a neighbour's are nearer:
 * see `NAMES_OF`.
 */
export const FAKER_LOCALES = [
  ...['af_ZA', 'ar', 'az', 'bn_BD', 'cs_CZ', 'cy', 'da', 'de', 'de_AT', 'de_CH', 'dv', 'el', 'en', 'en_AU'],
  ...[
    'en_AU_ocker',
    'en_BORK',
    'en_CA',
    'en_GB',
    'en_GH',
    'en_HK',
    'en_IE',
    'en_IN',
    'en_NG',
    'en_NP',
    'en_US',
  ],
  ...[
    'en_ZA',
    'eo',
    'es',
    'es_MX',
    'fa',
    'fi',
    'fr',
    'fr_BE',
    'fr_CA',
    'fr_CH',
    'fr_LU',
    'fr_SN',
    'he',
    'hr',
  ],
  ...[
    'hu',
    'hy',
    'id_ID',
    'it',
    'ja',
    'ka_GE',
    'ko',
    'ku_ckb',
    'ku_kmr_latin',
    'lv',
    'mk',
    'mn_MN_cyrl',
    'nb_NO',
  ],
  ...['ne', 'nl', 'nl_BE', 'pl', 'pt_BR', 'pt_PT', 'ro', 'ro_MD', 'ru', 'sk', 'sl_SI', 'sr_RS_latin', 'sv'],
  ...['ta_IN', 'th', 'tr', 'uk', 'ur', 'uz_UZ_latin', 'vi', 'yo_NG', 'zh_CN', 'zh_TW', 'zu_ZA'],
] as const;

/** Whose names a locale without any uses. Welsh and Mongolian keep the library's English ones: none is nearer. */
export const NAMES_OF: Readonly<Record<string, string>> = {
  bn_BD: 'en_IN',
  ta_IN: 'en_IN',
  cy: 'en',
  mn_MN_cyrl: 'en',
};
