import { describeNote, readDemography } from '../../../../src/shared/sampling/demography/read-demography.ts';

/** What a small document is taken as: name → values or bands, and its notes as lines. */
export function read(document: object) {
  const { dimensions, notes } = readDemography(document);
  const labels = dimensions.map((dimension) => {
    const bands = dimension.kind === 'range' && dimension.distribution?.kind === 'bands';
    const cells = bands && dimension.distribution?.kind === 'bands' ? dimension.distribution.bands : [];
    const words = dimension.kind === 'values' ? dimension.values.map(({ value }) => value) : [];
    return [dimension.name, [...words, ...cells.map(({ label, min, max }) => `${label}: ${min} to ${max}`)]];
  });
  return { dimensions: Object.fromEntries(labels), notes: notes.map(describeNote) };
}
