import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UserError } from '../../../src/shared/errors.ts';
import { FAKER_LOCALES } from '../../../src/shared/names/faker-locales.ts';
import { canonicalName } from '../../../src/shared/transactions/canonical-name.ts';
import { loadLocaleNames } from '../../../src/worker/names/locale-names.ts';
import { type NameSource, type NameTraits, openNameSource } from '../../../src/worker/names/name-source.ts';

const GENDERS = ['female', 'male'];
const range = (length: number) => Array.from({ length }, (_, index) => index);

/**
 * Asserts that own names differ in canonical form, and samples that they look like names: those of the first slots one
 * by one, then of every `stride`-th, so that all shapes of a locale are among them.
 */
function assertDistinct(
  source: NameSource,
  { slots, stride }: { slots: number; stride: number },
  traitsOf: (slot: number) => NameTraits,
): void {
  const canonical = new Set<string>();
  for (let slot = 0; slot < slots; slot += slot < 4_000 ? 1 : stride) {
    const { full, given, family } = source.candidate(slot, 0, traitsOf(slot));
    const name = canonicalName(full);
    assert.ok(!canonical.has(name), `slot ${slot} repeats ${full}`);
    canonical.add(name);
    if (slot % 64 === 0) {
      assert.doesNotMatch(full, /\p{N}|[.]|undefined|^\s|\s$|\s\s/u);
      assert.ok(given !== '' && family !== '' && full.includes(given) && full.includes(family), full);
    }
  }
}

describe('openNameSource', () => {
  for (const locale of ['en', 'pt_BR', 'zh_CN', 'ja', 'ru', 'es']) {
    it(`names slots up to 200,000 without a repetition in ${locale}`, async () => {
      const source = await openNameSource({ seed: 's', locale });
      assertDistinct(source, { slots: 200_000, stride: 7 }, () => ({}));
    });
  }

  for (const locale of ['de', 'hu', 'ko', 'vi', 'nl', 'hr', 'az', 'ur']) {
    it(`names slots up to 30,000 and their longest shapes without a repetition in ${locale}`, async () => {
      const source = await openNameSource({ seed: 's', locale, genders: GENDERS });
      assertDistinct(source, { slots: 30_000, stride: 3 }, (slot) => ({ gender: GENDERS[slot % 2] }));
    });
  }

  it('names a population of many nationalities and genders without a repetition', async () => {
    const nationalities = [
      ...[
        'Brazilian',
        'Portugal',
        'US',
        'British',
        'Australian',
        'Indian',
        'Chinese',
        'Taiwanese',
        'Japanese',
        'KR',
      ],
      ...[
        'Hungarian',
        'German',
        'Austrian',
        'Swiss',
        'Spanish',
        'Mexican',
        'Russian',
        'Ukrainian',
        'Vietnamese',
        '?',
      ],
    ];
    const genders = ['woman', 'Male', 'non-binary'];
    const source = await openNameSource({ seed: 'mixed', genders, nationalities });
    assertDistinct(source, { slots: 150_000, stride: 7 }, (slot) => ({
      gender: [...genders, undefined][slot % 4],
      nationality: nationalities[slot % 20],
    }));
  });

  it('has a short name for every slot below the two-part capacity, and then lengthens', async () => {
    const source = await openNameSource({ seed: 's', locale: 'pt_BR', genders: GENDERS });
    const traits = { gender: 'female' };
    const capacity = source.twoPartCapacity(traits);
    assert.ok(capacity > 1000);
    for (const slot of range(capacity))
      assert.equal(source.candidate(slot, 0, traits).full.split(' ').length, 2);
    assert.equal(source.candidate(capacity, 0, traits).full.split(' ').length, 3);
  });

  it('can name more than a million slots of either gender in every locale', async () => {
    const each = await Promise.all(
      FAKER_LOCALES.map(async (locale) => ({
        locale,
        source: await openNameSource({ seed: 's', locale, genders: GENDERS }),
      })),
    );
    for (const { locale, source } of each) {
      for (const gender of GENDERS) {
        const capacity = source.capacity({ gender });
        assert.ok(capacity > 1_000_000, `${locale} ${gender}: ${capacity}`);
        for (const slot of [0, 999_999, capacity - 1]) {
          const { full } = source.candidate(slot, 0, { gender });
          assert.doesNotMatch(full, /\p{N}|undefined/u, `${locale}: ${full}`);
        }
        assert.throws(() => source.candidate(capacity, 0, { gender }), /none is left for slot/);
      }
    }
  });

  it('can do so too when all locales share one population', async () => {
    const source = await openNameSource({ seed: 's', genders: GENDERS, nationalities: FAKER_LOCALES });
    const seen = new Map<string, string>();
    for (const nationality of FAKER_LOCALES) {
      for (const [offset, gender] of GENDERS.entries()) {
        assert.ok(source.capacity({ gender, nationality }) > 1_000_000, `${nationality} ${gender}`);
        // Locales with the same names share one space, so slots must differ as they do in a population.
        const first = (FAKER_LOCALES.indexOf(nationality) * 2 + offset) * 100;
        for (const slot of range(100).flatMap((index) => [first + index, 500_000 + first + index])) {
          const { full } = source.candidate(slot, 0, { gender, nationality });
          const owner = `${nationality} ${gender} ${slot}`;
          assert.equal(seen.get(canonicalName(full)), undefined, `${full}: ${owner}`);
          seen.set(canonicalName(full), owner);
        }
      }
    }
  });

  it('depends on seed, slot, attempt and traits only, not on the order of asking or of the options', async () => {
    const nationalities = ['Brazilian', 'German', 'Swiss'];
    const options = { seed: 'a', genders: GENDERS, nationalities };
    const forwards = await openNameSource(options);
    const backwards = await openNameSource({
      ...options,
      genders: GENDERS.toReversed(),
      nationalities: nationalities.toReversed(),
    });
    const other = await openNameSource({ ...options, seed: 'b' });
    const ask = (source: NameSource, slot: number) =>
      source.candidate(slot, slot % 3, { gender: GENDERS[slot % 2], nationality: nationalities[slot % 3] })
        .full;
    const slots = range(500);
    const expected = slots.map((slot) => ask(forwards, slot));
    const inReverse = slots.toReversed().map((slot) => ask(backwards, slot));
    assert.deepEqual(inReverse.toReversed(), expected);
    const same = slots.filter((slot) => ask(other, slot) === expected[slot]).length;
    assert.ok(same < 25, `${same} of 500 names do not depend on the seed`);
  });

  for (const locale of ['en', 'zh_CN', 'ru', 'az', 'da']) {
    it(`keeps alternatives apart from all own names and from each other in ${locale}`, async () => {
      const source = await openNameSource({ seed: 's', locale, genders: GENDERS });
      const traits = { gender: 'male' };
      const alternatives = new Set<string>();
      for (const slot of [...range(2000), ...range(500).map((step) => step * 2000 + 7)]) {
        for (const attempt of [1, 2, 3]) {
          const name = canonicalName(source.candidate(slot, attempt, traits).full);
          alternatives.add(name);
        }
      }
      assert.ok(alternatives.size >= 7480, `${alternatives.size} distinct of 7499`);
      for (let slot = 0; slot < 1_000_000; slot += slot < 8_000 ? 1 : 83) {
        const own = canonicalName(source.candidate(slot, 0, traits).full);
        assert.ok(!alternatives.has(own), own);
      }
    });
  }

  it('never runs out of alternatives', async () => {
    const source = await openNameSource({ seed: 's', locale: 'ur', genders: GENDERS });
    const names = range(20_000).map((step) => source.candidate(5, step, { gender: 'female' }).full);
    assert.equal(new Set(names).size, names.length);
    assert.ok(source.candidate(5, Number.MAX_SAFE_INTEGER, {}).full.length > 0);
  });

  it('takes given and family names from the lists of the gender', async () => {
    const { given, family } = await loadLocaleNames('ru');
    const source = await openNameSource({
      seed: 's',
      genders: ['Woman', 'man', 'non-binary'],
      nationalities: ['Russia'],
    });
    for (const slot of range(500)) {
      const nationality = 'Russia';
      const she = source.candidate(slot, slot % 2, { gender: 'Woman', nationality });
      const he = source.candidate(slot, slot % 2, { gender: 'man', nationality });
      const they = source.candidate(slot, 0, { gender: 'non-binary', nationality });
      assert.ok(given.female.includes(she.given), she.full);
      assert.ok(given.male.includes(he.given), he.full);
      assert.ok([...given.female, ...given.male].includes(they.given), they.full);
      // Short surnames are whole; of two the first tells.
      assert.ok(family.female.includes(she.family.split('-')[0] ?? ''), she.full);
      assert.ok(family.male.includes(he.family.split('-')[0] ?? ''), he.full);
    }
  });

  it('gives about half of the slots without gender to either list', async () => {
    const { given } = await loadLocaleNames('pl');
    for (const genders of [undefined, GENDERS]) {
      const source = await openNameSource({ seed: 's', locale: 'pl', genders });
      const female = range(4000).filter((slot) =>
        given.female.includes(source.candidate(slot, 0, {}).given),
      ).length;
      assert.ok(female > 1850 && female < 2150, `${female} of 4000`);
    }
  });

  it('writes names in the order of the locale', async () => {
    const shapes: Record<string, RegExp> = {
      zh_CN: /^\p{sc=Han}{2,4}$/u,
      ko: /^\p{sc=Hangul}{2,4}$/u,
      ja: /^\S+ \S+$/u,
      vi: /^\S+ \S+ \S+$/u,
    };
    for (const [locale, shape] of Object.entries(shapes)) {
      const source = await openNameSource({ seed: 's', locale });
      for (const slot of range(50)) {
        const { full, given, family } = source.candidate(slot, 0, {});
        assert.match(full, shape);
        assert.ok(full.startsWith(family) && full.endsWith(given), full);
      }
    }
    const hungarian = (await openNameSource({ seed: 's', locale: 'hu' })).candidate(1, 0, {});
    assert.equal(hungarian.full, `${hungarian.family} ${hungarian.given}`);
    const german = (await openNameSource({ seed: 's', locale: 'de' })).candidate(1, 0, {});
    assert.equal(german.full, `${german.given} ${german.family}`);
  });

  it('names slots of unknown or undeclared nationality and gender from the default locale', async () => {
    const source = await openNameSource({
      seed: 's',
      locale: 'ja',
      genders: ['female'],
      nationalities: ['German'],
    });
    for (const nationality of [undefined, 'Martian', 'French', '']) {
      assert.match(
        source.candidate(3, 0, { gender: 'male', nationality }).full,
        /\p{sc=Han}|\p{sc=Hiragana}/u,
      );
    }
    assert.match(source.candidate(3, 0, { nationality: 'GERMAN' }).full, /^\p{sc=Latin}+ \p{sc=Latin}/u);
  });

  it('refuses slots and attempts that are none', async () => {
    const source = await openNameSource({ seed: 's' });
    for (const [slot, attempt] of [
      [-1, 0],
      [0.5, 0],
      [0, -1],
      [Number.NaN, 0],
    ] as const) {
      assert.throws(() => source.candidate(slot, attempt, {}), RangeError);
    }
  });

  it('refuses a locale that does not exist, and says which are near', async () => {
    const rejection = (locale: string, message: RegExp) =>
      assert.rejects(openNameSource({ seed: 's', locale }), (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        return true;
      });
    await rejection('pt_BZ', /names\.locale.*"pt_BZ"; did you mean pt_BR or pt_PT\?/);
    await rejection('klingon', /use one of af_ZA, ar, /);
    await rejection('../../secret', /use one of/);
  });
});
