import type { ModelPrice } from '../../shared/models/prices.ts';
import { type Finding, fault, ok, warning } from '../check.ts';

/** Whether calls can be counted in dollars. `hasBudget`: PERSONA_FLEET_BUDGET_USD is set. */
export function checkPrice(model: string, price: ModelPrice | undefined, hasBudget: boolean): Finding {
  if (price !== undefined) {
    const { input, cachedInput, output, source } = price;
    return ok(`$${input} in, $${cachedInput} cached, $${output} out, for 1,000,000 tokens (${source})`);
  }
  const found = `the price of ${model} is not known`;
  const advice = 'put it into a file that PERSONA_FLEET_MODELS names (docs/models.md)';
  if (hasBudget) return fault(`${found}, and PERSONA_FLEET_BUDGET_USD is to be kept`, advice);
  return warning(`${found}: its calls count no dollars, and no budget in dollars can be set`, advice);
}
