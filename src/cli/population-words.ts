/**
 * How a command line names a population. An id stands for what the population is: two simulations that share a spec have the
 * same one, so that the simulation belongs to it.
 */
export function populationWords(named: { readonly population: string; readonly simulation: string }): string {
  return `${named.population} --simulation ${named.simulation}`;
}
