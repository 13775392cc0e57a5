/** A whole number as people read it: 1,234. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function percent(part: number, whole: number): string {
  return `${Math.floor(whole === 0 ? 0 : (part / whole) * 100)} %`;
}
