/**
 * What the entries of each of `groups` groups sum to; `groupOf` has the group of each entry. With the cells of a table as
 * entries, and the cell of one dimension that each is in as groups, these are the table's marginal for that dimension.
 */
export function groupSums(values: ArrayLike<number>, groupOf: readonly number[], groups: number): number[] {
  const sums: number[] = new Array(groups).fill(0);
  for (let entry = 0; entry < groupOf.length; entry += 1) {
    const group = groupOf[entry] ?? 0;
    sums[group] = (sums[group] ?? 0) + (values[entry] ?? 0);
  }
  return sums;
}
