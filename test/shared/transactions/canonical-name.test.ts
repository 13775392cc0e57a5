import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalName } from '../../../src/shared/transactions/canonical-name.ts';

/** Each row is one name, written in several ways; the first is the canonical form. */
const SAME: readonly (readonly string[])[] = [
  [
    'zoe oneil',
    "Zoë O'Neil",
    'zoe  oneil',
    'ZOË ONEIL',
    'Zoe O’Neil',
    ' Zoe O`Neil ',
    'Zoe\tO´Neil',
    'Zoe OʼNeil',
  ],
  ['anne marie', 'Anne-Marie', 'Anne Marie', 'ANNE–MARIE', 'Anne‑Marie', 'anne_marie'],
  ['jr smith', 'J.R. Smith', 'JR Smith'],
  ['grossmann', 'Großmann', 'GROẞMANN', 'GROSSMANN'],
  ['isik ilhan', 'Işık İlhan', 'ISIK ILHAN', 'ışık ilhan'],
  ['soren odegard', 'Søren Ødegård', 'SØREN ØDEGÅRD', 'So\u0308ren Odegard'],
  ['lukasz dordevic', 'Łukasz Đorđević'],
  ['aether oeuvre thor', 'Æther Œuvre Þor'],
  ['nguyen thi huong', 'Nguyễn Thị Hương', 'Nguye\u0302\u0303n Thi\u0323 Hu\u031bo\u031bng'],
  ['ahmad', 'Ahm\u200bad', '\u202eAhmad', 'Ah\u00admad', 'Ahmad\u0000', '\ufeffAhmad', 'Ａｈｍａｄ'],
  ['андреи федоров', 'Андрей Фёдоров', 'АНДРЕЙ ФЕДОРОВ'],
  ['γιωργοσ', 'Γιώργος', 'ΓΙΏΡΓΟΣ', 'ΓΙΩΡΓΟΣ'],
  ['احمد علي', 'أحمد علي', 'أَحْمَد عَلِيّ', 'احمد علی'],
  ['דוד', 'דָּוִד', 'דוד'],
  ['マリア シルバ', 'マリア・シルバ', 'ﾏﾘｱ･ｼﾙﾊﾞ', 'マリア　シルバ'],
  ['김민준', '김민준'.normalize('NFD'), ' 김민준'],
  ['葛城', '葛\u{E0100}城', '葛城'],
  ['maria', '✨Maria✨', '«Maria»', 'Mar\u0301ia'],
];

/** Names that must stay apart, pairwise. */
const DIFFERENT: readonly (readonly string[])[] = [
  ['かな', 'がな'],
  ['はな', 'ばな', 'ぱな'],
  ['ハナ', 'はな'],
  ['सीता', 'सता', 'सोता'],
  ['ހާނީ', 'ހޫނު'],
  ['กานดา', 'กนด', 'กุนดา'],
  ['김민준', '김민중'],
  ['张伟', '张玮'],
  ['Anne-Marie', 'Annemarie'],
  ['Maria 1', 'Maria 2'],
  ['Jan Peters', 'Jan Peter'],
];

const latinName = fc
  .array(fc.stringMatching(/^[A-Za-zÀ-ÖØ-öø-ÿĀ-ſ]{1,10}$/), { minLength: 1, maxLength: 4 })
  .map((words) => words.join(' '));

describe('canonicalName', () => {
  for (const [canonical, ...spellings] of SAME) {
    it(`is "${canonical}" however it is written`, () => {
      for (const spelling of spellings)
        assert.equal(canonicalName(spelling), canonical, JSON.stringify(spelling));
    });
  }

  for (const names of DIFFERENT) {
    it(`keeps apart ${names.join(' / ')}`, () => {
      assert.equal(new Set(names.map(canonicalName)).size, names.length);
    });
  }

  it('is empty for a name without letters or digits', () => {
    for (const nothing of ['', '   ', '---', '’', '\u200b\u200d', '!?', '✨', '\u0301', '\t\n']) {
      assert.equal(canonicalName(nothing), '', JSON.stringify(nothing));
    }
  });

  it('is idempotent for any text', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary-ascii' }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const once = canonicalName(text);
        assert.equal(canonicalName(once), once);
      }),
      { numRuns: 1000 },
    );
  });

  it('ignores case, accents, normal form, extra space and punctuation in Latin names', () => {
    fc.assert(
      fc.property(latinName, fc.constantFrom('.', "'", '’', '!', '"', '·', '\u200b'), (name, mark) => {
        const canonical = canonicalName(name);
        assert.equal(canonicalName(name.toUpperCase()), canonical);
        assert.equal(canonicalName(name.toLowerCase()), canonical);
        assert.equal(canonicalName(name.normalize('NFD')), canonical);
        assert.equal(canonicalName(name.replaceAll(/\p{L}/gu, '$&\u0301')), canonical);
        assert.equal(canonicalName(` ${name.replaceAll(' ', ' \u00a0 ')} `), canonical);
        assert.equal(canonicalName(name.replaceAll(/\p{L}/gu, `$&${mark}`)), canonical);
        assert.equal(canonicalName(name.replaceAll(' ', '-')), canonical);
      }),
    );
  });

  it('treats ASCII alike on its fast path and next to other letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        assert.equal(canonicalName(`${text} É`), `${canonicalName(text)} e`.trim());
      }),
      { numRuns: 500 },
    );
  });

  it('gives ASCII words for every letter of the Latin blocks that European names use', () => {
    for (let code = 0xc0; code <= 0x17f; code++) {
      const letter = String.fromCodePoint(code);
      if (/\p{L}/u.test(letter)) assert.match(canonicalName(letter), /^[a-z]+$/, letter);
    }
  });
});
