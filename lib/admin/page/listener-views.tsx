import type { FC } from 'hono/jsx';
import type { AttachedHook } from '../../attach/attached-hook';
import type { Delivery } from '../../delivery/log/delivery';
import type { Listener } from '../../listener/declared/listener';
import type { TestResult } from '../../listener/declared/test-result';
import { etagOf, listenerJson } from '../listener-json';
import { DeliveryTable, Status } from './delivery-views';
import { Copyable, Facts, Layout, NextPage, Note, type Shell, Table, Time } from './layout';
import { sampleCodes } from './sample-codes';
import type { Wording } from './wording';

export interface ListenerListProps {
  readonly shell: Shell;
  readonly listeners: readonly Listener[];
  readonly hooks: readonly AttachedHook[];
  readonly nextCursor: string | null;
  readonly query: Readonly<Record<string, string>>;
  readonly done?: string | undefined;
  readonly wrong?: string | undefined;
}

export const ListenerList: FC<ListenerListProps> = (props) => {
  const { shell, listeners, query, nextCursor, done, wrong } = props;
  const { t, options, desk } = shell;
  return (
    <Layout shell={shell} title={t.listeners} at="listeners">
      {done && <Note>{done}</Note>}
      {wrong && <Note isWrong>{wrong}</Note>}
      {desk?.may('create') && (
        <p>
          <a class="button main" href={`${options.basePath}/events`}>
            {t.newListener}
          </a>
        </p>
      )}
      <ListenerFilters {...props} />
      {listeners.length === 0 ? (
        <p class="muted">{t.noListeners}</p>
      ) : (
        <Table caption={t.listeners} head={[t.created, t.address, t.hook, t.state, t.owner]}>
          {listeners.map((one) => (
            <tr>
              <td class="number">
                <Time at={one.createdAt} />
              </td>
              <td>
                <a href={`${options.basePath}/listeners/${one.id}`}>{one.target}</a>
              </td>
              <td>{one.hook ?? one.pattern}</td>
              <td>
                <State t={t} listener={one} />
              </td>
              <td>{one.owner}</td>
            </tr>
          ))}
        </Table>
      )}
      <NextPage t={t} query={query} cursor={nextCursor} />
    </Layout>
  );
};

const ListenerFilters: FC<ListenerListProps> = ({ shell: { t, desk }, hooks, query }) => (
  <form class="row panel" method="get" aria-label={t.filter}>
    <label>
      {t.hook}
      <select name="hook">
        <option value="">{t.any}</option>
        {hooks.map(({ name, title }) => (
          <option value={name} selected={query.hook === name}>
            {title}
          </option>
        ))}
      </select>
    </label>
    <label>
      {t.state}
      <select name="active">
        <option value="">{t.any}</option>
        <option value="true" selected={query.active === 'true'}>
          {t.active}
        </option>
        <option value="false" selected={query.active === 'false'}>
          {t.inactive}
        </option>
      </select>
    </label>
    <label>
      {t.address}
      <input name="url" value={query.url ?? ''} />
    </label>
    {desk?.isOperator && (
      <label>
        {t.owner}
        <input name="owner" value={query.owner ?? ''} />
      </label>
    )}
    <button type="submit">{t.apply}</button>
  </form>
);

const State: FC<{ readonly t: Wording; readonly listener: Listener }> = ({ t, listener }) => (
  <span class={listener.active ? 'badge good' : 'badge bad'}>
    {listener.active ? t.active : t.inactive}
  </span>
);

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
        [
          t.extraHeaders,
          Object.keys(listener.headers).length > 0 && <code>{JSON.stringify(headers)}</code>,
        ],
        [t.owner, listener.owner],
        [t.key, listener.key],
        [t.maxPerSecond, listener.maxPerSecond],
        [t.created, <Time at={listener.createdAt} />],
        [t.updated, <Time at={listener.updatedAt} />],
        ['Hook-Subscription', listener.id],
      ]}
    />
  );
};

const Actions: FC<{ readonly shell: Shell; readonly listener: Listener }> = ({
  shell,
  listener,
}) => {
  const { t, options, desk } = shell;
  const own = `${options.basePath}/listeners/${listener.id}`;
  if (!desk) return null;
  return (
    <div class="actions">
      {desk.may('edit') && (
        <a class="button" href={`${own}/edit`}>
          {t.edit}
        </a>
      )}
      {desk.may('test') && (
        <form method="post" action={`${own}/test`}>
          <button type="submit">{t.sendTest}</button>
        </form>
      )}
      {desk.may('edit') && <PauseOrResume t={t} own={own} listener={listener} />}
      {desk.may('secrets') && (
        <form class="row" method="post" action={`${own}/rotate-secret`}>
          <label>
            {t.graceHours}
            <input type="number" name="graceHours" min="0" max="720" value="24" />
          </label>
          <button type="submit">{t.rotateSecret}</button>
        </form>
      )}
      {desk.may('edit') && (
        <details>
          <summary>{t.remove}</summary>
          <form method="post" action={`${own}/remove`}>
            <input type="hidden" name="etag" value={etagOf(listener)} />
            <button class="danger" type="submit">
              {t.removeSure}
            </button>
          </form>
        </details>
      )}
    </div>
  );
};

interface PauseProps {
  readonly t: Wording;
  readonly own: string;
  readonly listener: Listener;
}

const PauseOrResume: FC<PauseProps> = ({ t, own, listener }) =>
  listener.active ? (
    <form class="row" method="post" action={`${own}/pause`}>
      <label>
        {t.pauseReason}
        <input name="reason" required maxlength={1_024} />
      </label>
      <button type="submit">{t.pause}</button>
    </form>
  ) : (
    <form method="post" action={`${own}/resume`}>
      <button class="main" type="submit">
        {t.resume}
      </button>
    </form>
  );

const Verification: FC<{ readonly t: Wording; readonly listener: Listener }> = ({
  t,
  listener,
}) => (
  <>
    <h2>{t.verification}</h2>
    <p class="muted">{t.verificationHelp}</p>
    {sampleCodes(listener.digest).map(({ language, code }) => (
      <details>
        <summary>{language}</summary>
        <Copyable t={t} id={`code-${language.toLowerCase().replaceAll('.', '')}`} text={code} />
      </details>
    ))}
  </>
);
