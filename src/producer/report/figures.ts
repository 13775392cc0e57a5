import type { Cost } from './usage-tally.ts';

/** Numbers as people read them, the same on the terminal and on the page. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function decimal(value: number, digits = 1): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(share: number): string {
  return `${decimal(share * 100)} %`;
}

/** A distance between distributions; a dash where there was nobody to measure. */
export function distance(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

/** Small costs to a hundredth of a cent: a person is often cheaper than a cent. */
export function costText(cost: Cost): string {
  switch (cost.kind) {
    case 'simulated':
      return 'nothing (simulated)';
    case 'unknown':
      return 'unknown (no price is known)';
    case 'dollars':
      return `$${decimal(cost.dollars, cost.dollars < 1 ? 4 : 2)}`;
    default: {
      const never: never = cost;
      throw new Error(`unknown cost ${never}`);
    }
  }
}
