import { localeForNationality } from '../../names/locales-by-country.ts';
import type { Dimension } from '../dimensions.ts';
import type { DemographyReading } from './read-demography.ts';

/** What a caller or a spec states beside a demography. */
export interface StatedFields {
  readonly context?: string | undefined;
  /** What holds of these people beyond the document. */
  readonly additionalSpecification?: string | undefined;
  /** Replace dimensions of the same name, case aside, that were found in the document; others come after. */
  readonly dimensions?: readonly Dimension[] | undefined;
  readonly locale?: string | null | undefined;
}

/** The fields of a population factory that follow from a demography and what is stated beside it. */
export interface DemographyFields {
  /** The stated context, the document's prose and the additional specification, a blank line between them. */
  readonly context: string;
  readonly dimensions: readonly Dimension[];
  /** The stated locale, else that of the document's country; null where neither is known. */
  readonly locale: string | null;
}

export function demographyFields(reading: DemographyReading, stated: StatedFields): DemographyFields {
  const dimensions = new Map(
    [...reading.dimensions, ...(stated.dimensions ?? [])].map((each) => [each.name.toLowerCase(), each]),
  );
  const country = reading.country === null ? undefined : localeForNationality(reading.country);
  return {
    context: [stated.context, reading.prose, stated.additionalSpecification]
      .map((part) => part?.trim() ?? '')
      .filter((part) => part !== '')
      .join('\n\n'),
    dimensions: [...dimensions.values()],
    locale: stated.locale ?? country ?? null,
  };
}
