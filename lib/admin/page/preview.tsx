import type { FC } from 'hono/jsx';
import type { HookEvent } from '../../hook/event';
import type { Explanation, Reason } from '../../listener/matching/audience';
import { Note, Table, Time } from './layout';
import type { Wording } from './wording';

export interface Previewed {
  /** Why the conditions cannot be judged, if they cannot. */
  readonly wrong: readonly string[];
  readonly judged: readonly { readonly event: HookEvent; readonly explanation: Explanation }[];
}

/** Which of the last events a listener would have got, and why not the others. */
export const Preview: FC<{ readonly t: Wording; readonly previewed: Previewed }> = ({
  t,
  previewed: { wrong, judged },
}) => (
  <>
    <h2>{t.previewTitle}</h2>
    {wrong.map((one) => (
      <Note isWrong>{one}</Note>
    ))}
    {wrong.length === 0 && judged.length === 0 && <p class="muted">{t.previewEmpty}</p>}
    {judged.length > 0 && (
      <>
        <p class="muted">{t.previewHelp}</p>
        <Table caption={t.previewTitle} head={[t.time, t.event, t.status, t.because]}>
          {judged.map(({ event, explanation }) => (
            <tr>
              <td class="number">
                <Time at={event.occurredAt} />
              </td>
              <td>{event.name}</td>
              <td>
                <span class={explanation.matches ? 'badge good' : 'badge muted'}>
                  {explanation.matches ? t.wouldMatch : t.wouldNotMatch}
                </span>
              </td>
              <td>
                {explanation.reasons
                  .filter(({ holds }) => !holds)
                  .map(text)
                  .join(' · ')}
              </td>
            </tr>
          ))}
        </Table>
      </>
    )}
  </>
);

/** `name startsWith "J", but it is "Ann"`. */
function text({ what, expected, actual }: Reason): string {
  const value = actual === undefined ? 'absent' : JSON.stringify(actual);
  if (typeof expected === 'object' && expected !== null && 'operator' in expected) {
    const { field, operator, operand } = expected as {
      readonly field: string;
      readonly operator: string;
      readonly operand: unknown;
    };
    const wanted = operand === null ? operator : `${operator} ${JSON.stringify(operand)}`;
    return `${field} ${wanted}: ${value}`;
  }
  return `${what} ${JSON.stringify(expected)}: ${value}`;
}
