import { z } from 'zod';
import { UserError } from '../errors.ts';
import { decodeState, encodeState, parseWith, type StateKind } from '../factory/state-codec.ts';
import { copyUntrustedJson, type Json } from '../factory/untrusted-json.ts';
import { kindOf } from '../factory/value-path.ts';
import { dedent } from './dedent.ts';
import { isJsonObject, type JsonObject, mergeDefinitions } from './merge.ts';
import { minibio } from './minibio.ts';
import { personaSpecificationSchema } from './schema.ts';
import { readSpecification, type SpecificationDocument, writeSpecification } from './tinytroupe-file.ts';

const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);
const characteristicsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

const tinyPersonStateSchema = z.strictObject({
  type: z.literal('TinyPerson'),
  version: z.literal(1),
  persona: jsonObject,
  provenance: jsonObject.nullable(),
  characteristics: characteristicsSchema.nullable(),
});
export type TinyPersonState = z.infer<typeof tinyPersonStateSchema>;

const stateKind: StateKind<TinyPersonState> = {
  type: 'TinyPerson',
  version: 1,
  schema: tinyPersonStateSchema,
};

export interface TinyPersonOptions {
  /** The persona specification; only `name` must be there. */
  readonly persona: object;
  /** Where this person came from: model, seed, tokens. Kept as given, never interpreted here. */
  readonly provenance?: object | null | undefined;
  /** The values that the sampling plan sealed for this person's slot. */
  readonly characteristics?: Readonly<Record<string, string | number>> | null | undefined;
}

/**
 * A simulated person: a persona specification and what may be done with it.
 *
 * After TinyTroupe's class of the same name, without the acting and remembering. Everything that goes in or comes
 * out is a deep copy, so two persons never share a value. Every change is checked as a whole before it is made: a
 * call that throws leaves the person as it was.
 */
export class TinyPerson {
  #persona: JsonObject;
  readonly #provenance: JsonObject | null;
  readonly #characteristics: Record<string, string | number> | null;

  /** Throws UserError for a specification without a name, values that JSON lacks, or known fields of impossible types. */
  constructor(options: TinyPersonOptions) {
    const state = encodeState(stateKind, {
      persona: checkPersona(copyUntrustedJson(options.persona)),
      provenance: options.provenance == null ? null : toJsonObject(options.provenance, 'provenance'),
      characteristics: options.characteristics ?? null,
    });
    this.#persona = state.persona;
    this.#provenance = state.provenance;
    this.#characteristics = state.characteristics;
  }

  get name(): string {
    return String(this.#persona.name);
  }

  /** The whole specification. */
  get persona(): JsonObject {
    return structuredClone(this.#persona);
  }

  get provenance(): JsonObject | null {
    return structuredClone(this.#provenance);
  }

  get characteristics(): Record<string, string | number> | null {
    return structuredClone(this.#characteristics);
  }

  /** The value at a key or dotted path (`occupation.title`); undefined when there is none. Lists are not entered. */
  get(key: string): Json | undefined {
    let value: Json | undefined = this.#persona;
    for (const step of key.split('.')) {
      value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    }
    return structuredClone(value);
  }

  /**
   * Sets the value at a key or dotted path; maps on the way are created.
   *
   * Lists and maps replace what is there, or with `merge` extend it (`mergeDefinitions` has the rules). Scalars
   * replace what is there; with `overwriteScalars: false` a key that exists is refused instead. Strings lose
   * their common indentation. Throws UserError.
   */
  define(key: string, value: unknown, options: { merge?: boolean; overwriteScalars?: boolean } = {}): void {
    const { merge = false, overwriteScalars = true } = options;
    const definition = copyUntrustedJson(typeof value === 'string' ? dedent(value) : value);
    const isScalar = typeof definition !== 'object' || definition === null;
    if (isScalar && !overwriteScalars && this.get(key) !== undefined) {
      throw new UserError(
        `"${key}" of ${this.name} is already defined: pass { overwriteScalars: true } to replace it`,
      );
    }
    const steps = key.split('.');
    if (merge && !isScalar) {
      const addition = steps.reduceRight<Json>((inner, step) => ({ [step]: inner }), definition);
      this.#replace(mergeDefinitions(this.#persona, toJsonObject(addition, key), { overwriteScalars }));
    } else {
      this.#replace(withValue(this.#persona, steps, definition, key));
    }
  }

  /**
   * Merges many definitions at once: lists are extended, maps merge, scalars replace what is there (`mergeDefinitions` has
   * the rules). With `overwriteScalars: false` a scalar that would change is refused instead, which is all that TinyTroupe's
   * `include_persona_definitions` does. Another `name` is refused either way, as a name may be reserved, and a bundle
   * of definitions that many people get must not rename them: `define('name', …)` does. Throws UserError.
   */
  includePersonaDefinitions(additional: object, options: { overwriteScalars?: boolean } = {}): void {
    const { overwriteScalars = true } = options;
    const definitions = toJsonObject(additional, 'persona definitions');
    if (Object.hasOwn(definitions, 'name') && definitions.name !== this.#persona.name) {
      throw new UserError(
        `these definitions have the name ${JSON.stringify(definitions.name)}, the person is ${JSON.stringify(this.name)}: leave the name out, or rename with define('name', …)`,
      );
    }
    this.#replace(mergeDefinitions(this.#persona, definitions, { overwriteScalars }));
  }

  /**
   * Merges a TinyTroupe fragment, `{ "type": "Fragment", "persona": … }`, from a file or object, as
   * `includePersonaDefinitions` does. Throws UserError that names the file.
   */
  async importFragment(
    pathOrObject: string | object,
    options: { overwriteScalars?: boolean } = {},
  ): Promise<void> {
    const { persona } = await readSpecification(pathOrObject, 'Fragment');
    try {
      this.includePersonaDefinitions(persona, options);
    } catch (cause) {
      if (!(cause instanceof UserError) || typeof pathOrObject !== 'string') throw cause;
      throw new UserError(`cannot merge ${pathOrObject} into ${this.name}: ${cause.message}`, { cause });
    }
  }

  /** A short biography in one line, made of fields, without a model call. */
  minibio(): string {
    return minibio(this.#persona);
  }

  /** A deep copy of everything, as plain JSON. */
  encodeCompleteState(): TinyPersonState {
    return encodeState(stateKind, {
      persona: this.#persona,
      provenance: this.#provenance,
      characteristics: this.#characteristics,
    });
  }

  /** Restores a person from a state, given as an object or JSON text. Throws FactoryStateError for a bad one. */
  static decodeCompleteState(state: unknown): TinyPerson {
    return new TinyPerson(decodeState(stateKind, state));
  }

  /** This person as a document in TinyTroupe's format; provenance and characteristics beside it, where known. */
  specification(): SpecificationDocument {
    const { persona, provenance, characteristics } = this.encodeCompleteState();
    return {
      type: 'TinyPerson',
      persona,
      ...(provenance !== null && { provenance }),
      ...(characteristics !== null && { characteristics }),
    };
  }

  /** Saves `specification()`; the file is complete or untouched. Throws UserError naming the file. */
  async saveSpecification(path: string): Promise<void> {
    await writeSpecification(path, this.specification());
  }

  /**
   * Loads a person saved by us or by TinyTroupe. A memory or faculties saved beside the persona are left out.
   * Throws UserError naming the file.
   */
  static async loadSpecification(pathOrObject: string | object): Promise<TinyPerson> {
    const document = await readSpecification(pathOrObject, 'TinyPerson');
    const { persona, provenance = null, characteristics = null } = document;
    try {
      return TinyPerson.decodeCompleteState({
        type: 'TinyPerson',
        version: 1,
        persona,
        provenance,
        characteristics,
      });
    } catch (cause) {
      if (!(cause instanceof UserError) || typeof pathOrObject !== 'string') throw cause;
      throw new UserError(`cannot load a TinyPerson from ${pathOrObject}: ${cause.message}`, { cause });
    }
  }

  toString(): string {
    return `TinyPerson(name='${this.name}')`;
  }

  #replace(persona: JsonObject): void {
    this.#persona = checkPersona(copyUntrustedJson(persona));
  }
}

/** Returns the persona itself, not the schema's output: the order of its keys is part of the user's file. */
function checkPersona(persona: Json): JsonObject {
  const { name } = parseWith(personaSpecificationSchema, persona, 'persona');
  return { ...toJsonObject(persona, 'persona'), name };
}

function toJsonObject(value: unknown, what: string): JsonObject {
  const copy = copyUntrustedJson(value);
  if (!isJsonObject(copy)) throw new UserError(`expected an object for ${what}, got ${kindOf(value)}`);
  return copy;
}

/** A copy in which the path leads to the value. */
function withValue(target: JsonObject, steps: readonly string[], value: Json, key: string): JsonObject {
  const [step = '', ...rest] = steps;
  if (rest.length === 0) return { ...target, [step]: value };
  const inner = Object.hasOwn(target, step) ? target[step] : {};
  if (!isJsonObject(inner ?? {})) {
    throw new UserError(`cannot define "${key}": "${step}" is ${kindOf(inner)}, expected an object`);
  }
  return { ...target, [step]: withValue(isJsonObject(inner) ? inner : {}, rest, value, key) };
}
