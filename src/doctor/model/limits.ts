import type { ModelProfile } from '../../shared/models/model-profiles.ts';
import type { SeenLimits } from '../../worker/llm/limiter.ts';
import { type Finding, ok, warning } from '../check.ts';

/** What the provider's headers say of its limits, against what is configured. */
export function checkLimits(
  seen: SeenLimits | undefined,
  { rpm, tpm }: Pick<ModelProfile, 'rpm' | 'tpm'>,
): Finding {
  const { limitRequests, limitTokens } = seen ?? {};
  const said = [
    ...(limitRequests === undefined ? [] : [`${amount(limitRequests)} requests`]),
    ...(limitTokens === undefined ? [] : [`${amount(limitTokens)} tokens`]),
  ].join(' and ');
  const over = [
    ...(limitRequests !== undefined && rpm > limitRequests ? [`PERSONA_FLEET_RPM ${amount(rpm)}`] : []),
    ...(limitTokens !== undefined && tpm > limitTokens ? [`PERSONA_FLEET_TPM ${amount(tpm)}`] : []),
  ];
  if (over.length > 0) {
    return warning(
      `the provider says ${said}; ${over.join(' and ')} is more`,
      'lower it, or leave it out: the fleet keeps to the lower one',
    );
  }
  const configured = [
    ...(rpm > 0 ? [`${amount(rpm)} requests`] : []),
    ...(tpm > 0 ? [`${amount(tpm)} tokens`] : []),
  ];
  if (configured.length > 0) {
    return ok(`${configured.join(' and ')} a minute are configured; the provider says ${said || 'none'}`);
  }
  if (said !== '') return ok(`${said} a minute, as the provider says`);
  return warning(
    'the provider says none, and none are configured',
    'set PERSONA_FLEET_RPM and PERSONA_FLEET_TPM if it has any: without them only refusals (429) hold the fleet back',
  );
}

function amount(number: number): string {
  return number.toLocaleString('en-US');
}
