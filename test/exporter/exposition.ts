import assert from 'node:assert/strict';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (-?[0-9.e+-]+|\+Inf|NaN)$/i;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;

/** Reads Prometheus' text format; fails on what Prometheus would not read, and on two series of one name and labels. */
export function readExposition(text: string): Series[] {
  assert.ok(text.endsWith('\n'));
  const seen = new Set<string>();
  return text.split('\n').flatMap((line): Series[] => {
    if (line === '' || line.startsWith('#')) return [];
    const [, name, inside = '', value] = LINE.exec(line) ?? [];
    assert.ok(name !== undefined && value !== undefined, `a line that is none: ${line}`);
    const labels: Record<string, string> = {};
    let length = 0;
    for (const [part, label = '', written = ''] of inside.matchAll(LABEL)) {
      labels[label] = written.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
      length += part.length;
    }
    assert.equal(length, inside.length, `labels that are none: ${line}`);
    const identity = JSON.stringify([name, Object.entries(labels).sort()]);
    assert.ok(!seen.has(identity), `twice: ${line}`);
    seen.add(identity);
    return [{ name, labels, value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) }];
  });
}

/** The values of a metric of ours, by what tells its series apart: the values of their labels, or those of the named ones. */
export function valuesOf(
  series: readonly Series[],
  metric: string,
  ...by: readonly string[]
): Record<string, number> {
  return Object.fromEntries(
    series
      .filter(({ name }) => name === `persona_fleet_${metric}`)
      .map(({ labels, value }) => {
        const parts = by.length === 0 ? Object.values(labels) : by.map((label) => labels[label]);
        return [parts.join(' '), value];
      }),
  );
}
