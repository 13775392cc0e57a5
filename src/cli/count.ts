/** A whole number as people read it: 1,234. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** So many of something: 1 call, 1,234 calls. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, whole: number): string {
  return `${Math.floor(whole === 0 ? 0 : (part / whole) * 100)} %`;
}
