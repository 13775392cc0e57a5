import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allLocales } from '@faker-js/faker';
import { FAKER_LOCALES } from '../../../src/shared/names/faker-locales.ts';
import { COUNTRY_LOCALES, localeForNationality } from '../../../src/shared/names/locales-by-country.ts';

describe('FAKER_LOCALES', () => {
  it('lists the locales that the library has', () => {
    const library = Object.keys(allLocales).filter((id) => id !== 'base');
    assert.deepEqual([...FAKER_LOCALES].toSorted(), library.toSorted());
  });
});

describe('localeForNationality', () => {
  const table: Record<string, readonly string[]> = {
    pt_BR: [
      'Brazilian',
      'brazil',
      'BRASIL',
      'BR',
      'pt_BR',
      'pt-BR',
      'Brazilian (São Paulo)',
      'Brazilian, in Lisbon',
    ],
    en_US: ['American', 'USA', 'U.S.A.', 'United States of America', 'us'],
    en_GB: ['British', 'UK', 'United Kingdom', 'Scottish'],
    es: ['Spanish', 'español', 'ESPANA', 'Argentinian', 'es_AR'],
    zh_CN: ['Chinese', '中国', 'cn'],
    nl: ['Dutch', 'The Netherlands'],
    tr: ['Turkish', 'Türkiye', 'Turkiye'],
    cs_CZ: ['Czech', 'czechia'],
    fr_SN: ["Côte d'Ivoire", 'Cote d’Ivoire'],
  };
  for (const [locale, texts] of Object.entries(table)) {
    it(`knows ${locale}`, () => {
      for (const text of texts) assert.equal(localeForNationality(text), locale, text);
    });
  }

  it('knows nothing of other words', () => {
    for (const text of ['', '  ', 'Martian', 'Indiana', 'A Brazilian friend', 'toString', '__proto__']) {
      assert.equal(localeForNationality(text), undefined, text);
    }
  });

  it('leads to locales that exist, and to every locale that stands for a country', () => {
    const reached = new Set(COUNTRY_LOCALES);
    for (const locale of reached)
      assert.ok(
        FAKER_LOCALES.some((id) => id === locale),
        locale,
      );
    // A joke, a dialect, a second script and a second alphabet of countries that have another locale.
    const without = new Set(['en', 'en_AU_ocker', 'en_BORK', 'ne', 'ku_ckb']);
    for (const locale of FAKER_LOCALES) assert.ok(reached.has(locale) || without.has(locale), locale);
  });
});
