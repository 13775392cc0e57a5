import assert from 'node:assert/strict';
import {
  personFactoryDefaults,
  personFactoryFieldsSchema,
} from '../../../../src/shared/factory/person-factory-state.ts';
import {
  type CompiledDimensions,
  type CompileOptions,
  compileDimensions,
} from '../../../../src/shared/sampling/description/compile-dimensions.ts';
import { DescriptionError } from '../../../../src/shared/sampling/description/faults.ts';
import { cellsOf, type Dimension, type Joint } from '../../../../src/shared/sampling/dimensions.ts';

/** Compiles a description, and checks that a factory state would take the result. */
export function compiled(described: unknown, options: CompileOptions = {}): CompiledDimensions {
  const result = compileDimensions(described, options);
  const { dimensions, joints } = result;
  const state = { ...personFactoryDefaults, populationSize: 1, dimensions };
  personFactoryFieldsSchema.parse(joints.length === 0 ? omitJoints(state) : { ...state, joints });
  return result;
}

function omitJoints({ joints: _joints, ...state }: Record<string, unknown>): Record<string, unknown> {
  return state;
}

/** The only dimension of a description. */
export function only(described: unknown): Dimension {
  const { dimensions } = compiled({ it: described });
  const [dimension] = dimensions;
  assert.ok(dimension !== undefined && dimensions.length === 1);
  return dimension;
}

/** The faults of a description, as `place: message`. */
export function faults(described: unknown, options: CompileOptions = {}): string[] {
  try {
    compileDimensions(described, options);
  } catch (error) {
    assert.ok(error instanceof DescriptionError, String(error));
    return error.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
  throw new Error(`expected this to be refused: ${JSON.stringify([described, options.joint]).slice(0, 300)}`);
}

/** Label → share of a dimension's cells. */
export function shares(dimensions: readonly Dimension[], name: string): Record<string, number> {
  const dimension = dimensions.find((each) => each.name === name);
  assert.ok(dimension !== undefined, `there is no dimension ${name}`);
  return Object.fromEntries(cellsOf(dimension).map(({ label, weight }) => [label, weight]));
}

/** `label, label` → share of a joint's cells, for the axes in the order asked for. */
export function jointShares(
  { dimensions, joints }: { dimensions: readonly Dimension[]; joints: readonly Joint[] },
  ...axes: string[]
): Record<string, number> {
  const joint = joints.find((each) => axes.every((axis) => each.dimensions.includes(axis)));
  assert.ok(joint !== undefined, `no joint has ${axes}`);
  const result: Record<string, number> = {};
  for (const { at, weight } of joint.cells) {
    const key = axes
      .map((axis) => {
        const dimension = dimensions.find(({ name }) => name === axis);
        return dimension && cellsOf(dimension)[at[joint.dimensions.indexOf(axis)] ?? -1]?.label;
      })
      .join(', ');
    result[key] = (result[key] ?? 0) + weight;
  }
  return result;
}

/** Equal keys in any order, and values to 1e-9. */
export function assertShares(
  actual: Record<string, number>,
  expected: Record<string, number>,
  tolerance = 1e-9,
): void {
  assert.deepEqual(Object.keys(actual).toSorted(), Object.keys(expected).toSorted());
  for (const [key, share] of Object.entries(expected)) {
    assert.ok(
      Math.abs((actual[key] ?? 0) - share) <= tolerance,
      `${key}: expected ${share}, got ${actual[key]}`,
    );
  }
}
