/**
 * The form under which names are compared: two persons of one simulation never share it (invariant I1).
 *
 * What is one name, and what is not:
 * - Case: folded as fully as JavaScript offers (upper, then lower), so `ß`, `ẞ` and `SS` agree, and `ı`, `I`, `i`.
 * - Accents: dropped from Latin, Greek and Cyrillic letters (`Zoë` is `Zoe`; `Андрей` is `Андреи`, `ё` is `е`), and
 *   from Arabic and Hebrew, where vowel points and the hamza are optional in writing. Nowhere else: the vowel signs
 *   of Devanagari, Thai or Thaana and the dakuten of kana (`か`, `が`) make different names.
 * - Latin letters that Unicode does not decompose (`ø`, `đ`, `ł`, `æ`, `þ`, ...) become their ASCII look-alikes.
 * - Punctuation and symbols vanish (`O'Neil` is `ONeil`), except that dashes, underscores, slashes, commas and the
 *   katakana middle dot stand between words and become a space: `Anne-Marie` is `Anne Marie`, which it looks like, and
 *   not `Annemarie`, which is a name of its own.
 * - Invisible characters (zero width, bidirectional, control, variation selectors) vanish; white space collapses.
 * - Letters of different scripts stay different, even where they look alike (Latin `a`, Cyrillic `а`).
 *
 * Idempotent. The result may be `''` (a name without letters or digits): callers treat that as no name at all.
 */
export function canonicalName(name: string): string {
  if (PLAIN.test(name)) return name;
  if (ASCII.test(name)) return foldAscii(name);
  let current = fold(name);
  // Dropping a character between two marks lets normalisation put the marks in order only the next time.
  for (let before = ''; current !== before && /\p{M}/u.test(current); current = fold(current))
    before = current;
  return current;
}

const PLAIN = /^[a-z0-9]+(?: [a-z0-9]+)*$/;
const ASCII = /^[\t-\r -~]*$/;

/** The same rules where every character is ASCII: most names, in a fifth of the time. */
function foldAscii(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s\-_/,;]+/g, ' ')
    .replace(/[^a-z0-9 ]+/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** Spacing accents and modifier letters used as apostrophes. NFKC would turn some into a space and a mark. */
const APOSTROPHES = /[\p{Sk}\u{2B9}-\u{2FF}\u{640}\u{A78C}]+/gu;
const INVISIBLE = /(?!\s)[\p{C}\p{Default_Ignorable_Code_Point}]+/gu;
const BETWEEN_WORDS = /[\s\p{Pd}\p{Pc}/,;、，；・]+/gu;
const OPTIONAL_MARKS = /([\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Arabic}\p{sc=Hebrew}])\p{M}+/gu;
const STRAY_MARKS = /(^|[^\p{L}\p{M}])\p{M}+/gu;
const NOT_A_NAME = /[^\p{L}\p{M}\p{N} ]+/gu;

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ɖ: 'd',
  ɗ: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
  ɨ: 'i',
  ħ: 'h',
  ŋ: 'n',
  ŧ: 't',
  ĸ: 'k',
  ƙ: 'k',
  ɓ: 'b',
  ƴ: 'y',
  ə: 'e',
  ǝ: 'e',
  ɛ: 'e',
  ɔ: 'o',
  // Not Latin, but the same letter in another position or encoding.
  ς: 'σ',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
};
const LOOK_ALIKE = new RegExp(`[${Object.keys(LOOK_ALIKES).join('')}]`, 'gu');

function fold(name: string): string {
  return (
    name
      .replace(APOSTROPHES, '')
      .normalize('NFKC')
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKD')
      // Once more: decomposition brings forth new ones (ŉ is ʼn).
      .replace(APOSTROPHES, '')
      .replace(INVISIBLE, '')
      .replace(OPTIONAL_MARKS, '$1')
      .replace(LOOK_ALIKE, (letter) => LOOK_ALIKES[letter] ?? letter)
      .replace(BETWEEN_WORDS, ' ')
      .replace(STRAY_MARKS, '$1')
      .replace(NOT_A_NAME, '')
      .normalize('NFKC')
      .replace(/ {2,}/g, ' ')
      .trim()
  );
}
