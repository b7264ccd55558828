import type { FC } from 'hono/jsx';
import { DIGESTS } from '../../options/listener';
import { type FormValues, textIn } from './form-values';
import { Layout, Note, type Shell, Table } from './layout';
import type { SignatureAnswer } from './signature-check';
import { filled, type Wording } from './wording';

export interface CheckProps {
  readonly shell: Shell;
  readonly values: FormValues;
  readonly answer?: SignatureAnswer | undefined;
}

/** Checks the signature of a request that the user pastes. The secret is not repeated in the answer. */
export const Check: FC<CheckProps> = ({ shell, values, answer }) => {
  const { t, options } = shell;
  const digest = textIn(values, 'digest') || 'sha256';
  return (
    <Layout shell={shell} title={t.check} at="check">
      {answer && <Result t={t} answer={answer} />}
      <p class="muted">{t.checkHelp}</p>
      <form class="panel" method="post" action={`${options.basePath}/check`}>
        <label class="wide">
          {t.body}
          <textarea name="body" rows={6}>
            {textIn(values, 'body')}
          </textarea>
        </label>
        <label class="wide">
          {t.requestHeaders}
          <textarea name="headers" rows={6}>
            {textIn(values, 'headers')}
          </textarea>
        </label>
        <label class="wide">
          {t.secret}
          <input name="secret" autocomplete="off" required />
        </label>
        <label class="wide">
          {t.digest}
          <select name="digest">
            {DIGESTS.map((one) => (
              <option value={one} selected={one === digest}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <button class="main" type="submit">
          {t.checkNow}
        </button>
      </form>
    </Layout>
  );
};

const Result: FC<{ readonly t: Wording; readonly answer: SignatureAnswer }> = ({ t, answer }) => {
  const { wrongSecret, parts, ageSeconds } = answer;
  if (wrongSecret !== null) return <Note isWrong>{`${t.secret}: ${wrongSecret}`}</Note>;
  if (parts.length === 0) return <Note isWrong>{t.checkMissing}</Note>;
  const isRight = parts.every((one) => one.isRight);
  return (
    <>
      <Note isWrong={!isRight}>
        <p>
          <strong>{isRight ? t.checkRight : t.checkWrong}</strong>
        </p>
        {!isRight && <p>{hintOf(t, answer)}</p>}
        {ageSeconds !== null && <p>{filled(t.partAge, { seconds: ageSeconds })}</p>}
      </Note>
      <Table
        caption={t.checkResult}
        head={[t.checkPart, t.checkGiven, t.checkExpected, t.checkResult]}
      >
        {parts.map(({ header, given, expected, isRight: fits }) => (
          <tr>
            <td>{header}</td>
            <td>
              <code>{given}</code>
            </td>
            <td>
              <code>{expected}</code>
            </td>
            <td>
              <span class={fits ? 'badge good' : 'badge bad'}>
                {fits ? t.partRight : t.partWrong}
              </span>
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
};

/** Which part is to blame: the two headers sign the same body in two ways. */
function hintOf(t: Wording, { parts }: SignatureAnswer): string {
  const isRight = (name: string) => parts.some(({ header, isRight }) => header === name && isRight);
  if (isRight('hook-hmac')) return t.hintHeaders;
  return isRight('webhook-signature') ? t.hintDigest : t.hintSecret;
}
