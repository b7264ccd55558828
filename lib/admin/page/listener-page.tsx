import type { FC } from 'hono/jsx';
import type { Delivery } from '../../delivery/log/delivery';
import type { Listener } from '../../listener/declared/listener';
import type { TestResult } from '../../listener/declared/test-result';
import { listenerJson } from '../listener-json';
import { DeliveryTable, Status } from './delivery-table';
import { Copyable, Facts, Layout, Note, type Shell, Time } from './layout';
import { Actions } from './listener-actions';
import { State } from './listener-list';
import { codesFor } from './sample-codes';
import type { Wording } from './wording';

export interface ListenerPageProps {
  readonly shell: Shell;
  readonly listener: Listener;
  readonly deliveries: readonly Delivery[];
  readonly done?: string | undefined;
  readonly wrong?: string | undefined;
  /** The secret, in the one answer that shows it, and what that answer says. */
  readonly secret?: { readonly says: string; readonly text: string } | undefined;
  readonly tested?: TestResult | undefined;
}

export const ListenerPage: FC<ListenerPageProps> = (props) => {
  const { shell, listener, deliveries, done, wrong, secret, tested } = props;
  const { t, options } = shell;
  return (
    <Layout shell={shell} title={t.listener} at="listeners">
      {done && <Note>{done}</Note>}
      {wrong && <Note isWrong>{wrong}</Note>}
      {secret && (
        <Note>
          <p>{secret.says}</p>
          <Copyable t={t} id="secret" text={secret.text} />
        </Note>
      )}
      {tested && <Tested t={t} tested={tested} />}
      <div class="panel">
        <ListenerFacts t={t} listener={listener} />
      </div>
      <h2>{t.actions}</h2>
      <Actions shell={shell} listener={listener} />
      <h2>{t.latestDeliveries}</h2>
      {deliveries.length === 0 ? (
        <p class="muted">{t.noDeliveries}</p>
      ) : (
        <>
          <DeliveryTable shell={shell} caption={t.latestDeliveries} deliveries={deliveries} />
          <p>
            <a href={`${options.basePath}/deliveries?listener=${listener.id}`}>{t.allDeliveries}</a>
          </p>
        </>
      )}
      <Verification t={t} listener={listener} />
    </Layout>
  );
};

const Tested: FC<{ readonly t: Wording; readonly tested: TestResult }> = ({ t, tested }) => (
  <Note isWrong={tested.outcome !== 'done'}>
    <p>
      {`${t.testResult}: `}
      <Status status={tested.outcome} />
      {` ${tested.httpStatus ?? ''} ${tested.reason ?? ''} (${Math.round(tested.durationMs)} ms)`}
    </p>
    {tested.response && <pre tabindex={0}>{tested.response}</pre>}
  </Note>
);

const ListenerFacts: FC<{ readonly t: Wording; readonly listener: Listener }> = ({
  t,
  listener,
}) => {
  const { match, headers } = listenerJson(listener);
  const hasConditions = listener.match.length > 0;
  return (
    <Facts
      facts={[
        [t.state, <State t={t} listener={listener} />],
        [t.inactiveBecause, listener.inactiveReason],
        [t.pausedUntil, listener.pausedUntil && <Time at={listener.pausedUntil} />],
        [t.address, listener.target],
        [t.hook, listener.hook],
        [t.pattern, listener.pattern],
        [t.operations, listener.operations?.join(', ')],
        [t.conditions, hasConditions ? <code>{JSON.stringify(match)}</code> : t.noConditions],
        [t.format, listener.format],
        [t.contentType, listener.contentType],
        [t.digest, listener.digest],
        [t.signature, listener.signature],
        [
          t.extraHeaders,
          Object.keys(listener.headers).length > 0 && <code>{JSON.stringify(headers)}</code>,
        ],
        [t.owner, listener.owner],
        [t.key, listener.key],
        [t.maxPerSecond, listener.maxPerSecond],
        [t.selectedFields, listener.select?.join(', ')],
        [t.created, <Time at={listener.createdAt} />],
        [t.updated, <Time at={listener.updatedAt} />],
        ['Hook-Subscription', listener.id],
      ]}
    />
  );
};

const Verification: FC<{ readonly t: Wording; readonly listener: Listener }> = ({
  t,
  listener,
}) => (
  <>
    <h2>{t.verification}</h2>
    <p class="muted">{listener.signature === 'v1a' ? t.verificationByKeys : t.verificationHelp}</p>
    {codesFor(listener).map(({ language, code }) => (
      <details>
        <summary>{language}</summary>
        <Copyable t={t} id={`code-${language.toLowerCase().replaceAll('.', '')}`} text={code} />
      </details>
    ))}
  </>
);
