import type { FC } from 'hono/jsx';
import type {
  Attempt,
  Delivery,
  DeliveryWithAttempts,
  ShownRequest,
} from '../../delivery/log/delivery';
import { DELIVERY_STATUSES, type DeliveryStatus } from '../../store/deliveries';
import { curlOf } from './curl';
import { Copyable, Facts, Layout, NextPage, Note, type Shell, Table, Time } from './layout';

/** Characters of a body that the page shows. */
const MAX_BODY = 16_384;

const KINDS: Readonly<Record<DeliveryStatus, 'good' | 'bad' | 'open' | 'muted'>> = {
  done: 'good',
  failed: 'bad',
  skipped: 'muted',
  waiting: 'open',
  retrying: 'open',
  rescheduled: 'open',
};

export const Status: FC<{ readonly status: DeliveryStatus }> = ({ status }) => (
  <span class={`badge ${KINDS[status]}`}>{status}</span>
);

interface DeliveryTableProps {
  readonly shell: Shell;
  readonly caption: string;
  readonly deliveries: readonly Delivery[];
  /** Whether each row has a box to select it. */
  readonly isSelectable?: boolean;
}

export const DeliveryTable: FC<DeliveryTableProps> = ({
  shell,
  caption,
  deliveries,
  isSelectable = false,
}) => {
  const { t } = shell;
  const head = [t.time, t.event, t.status, t.attempt, t.httpStatus, t.reason, t.listener];
  return (
    <Table caption={caption} head={isSelectable ? [t.select, ...head] : head}>
      {deliveries.map((delivery) => (
        <DeliveryRow shell={shell} delivery={delivery} isSelectable={isSelectable} />
      ))}
    </Table>
  );
};

interface DeliveryRowProps {
  readonly shell: Shell;
  readonly delivery: Delivery;
  readonly isSelectable: boolean;
}

const DeliveryRow: FC<DeliveryRowProps> = ({ shell, delivery, isSelectable }) => {
  const { t, options } = shell;
  const { id, listenerId } = delivery;
  return (
    <tr>
      {isSelectable && (
        <td>
          <input type="checkbox" name="id" value={id} aria-label={`${t.select} ${id}`} />
        </td>
      )}
      <td class="number">
        <a href={`${options.basePath}/deliveries/${id}`}>
          <Time at={delivery.createdAt} />
        </a>
      </td>
      <td>{delivery.event}</td>
      <td>
        <Status status={delivery.status} />
      </td>
      <td class="number">{delivery.attempt}</td>
      <td class="number">{delivery.httpStatus}</td>
      <td>{delivery.reason}</td>
      <td class="number">
        <a href={`${options.basePath}/listeners/${listenerId}`}>{listenerId.slice(-8)}</a>
      </td>
    </tr>
  );
};

export interface DeliveryListProps {
  readonly shell: Shell;
  readonly deliveries: readonly Delivery[];
  readonly nextCursor: string | null;
  /** The filters that are set, as the form names them. */
  readonly query: Readonly<Record<string, string>>;
  readonly wrong?: string | undefined;
  readonly done?: string | undefined;
}

export const DeliveryList: FC<DeliveryListProps> = ({ shell, deliveries, query, ...page }) => {
  const { t, options, desk } = shell;
  return (
    <Layout shell={shell} title={t.deliveries} at="deliveries">
      {page.done && <Note>{page.done}</Note>}
      {page.wrong && <Note isWrong>{page.wrong}</Note>}
      <Filters shell={shell} query={query} />
      {deliveries.length === 0 ? (
        <p class="muted">{t.noDeliveries}</p>
      ) : (
        <form method="post" action={`${options.basePath}/deliveries/retry`}>
          <DeliveryTable
            shell={shell}
            caption={t.deliveries}
            deliveries={deliveries}
            isSelectable={desk?.may('retry') === true}
          />
          {desk?.may('retry') && (
            <p>
              <button type="submit">{t.retrySelected}</button>
            </p>
          )}
        </form>
      )}
      <NextPage t={t} query={query} cursor={page.nextCursor} />
    </Layout>
  );
};

const Filters: FC<Pick<DeliveryListProps, 'shell' | 'query'>> = ({ shell: { t }, query }) => (
  <form class="row panel" method="get" aria-label={t.filter}>
    <label>
      {t.status}
      <select name="status">
        <option value="">{t.any}</option>
        {DELIVERY_STATUSES.map((status) => (
          <option value={status} selected={query.status === status}>
            {status}
          </option>
        ))}
      </select>
    </label>
    <label>
      {`${t.event} (${t.eventHelp})`}
      <input name="event" value={query.event ?? ''} />
    </label>
    <label>
      {t.listener}
      <input name="listener" value={query.listener ?? ''} />
    </label>
    <label>
      {t.since}
      <input type="datetime-local" name="since" value={query.since ?? ''} />
    </label>
    <label>
      {t.until}
      <input type="datetime-local" name="until" value={query.until ?? ''} />
    </label>
    <button type="submit">{t.apply}</button>
  </form>
);

export interface DeliveryPageProps {
  readonly shell: Shell;
  readonly delivery: DeliveryWithAttempts;
  readonly request: ShownRequest | null;
  readonly done?: string | undefined;
}

export const DeliveryPage: FC<DeliveryPageProps> = ({ shell, delivery, request, done }) => {
  const { t, options, desk } = shell;
  const base = options.basePath;
  return (
    <Layout shell={shell} title={t.delivery} at="deliveries">
      {done && <Note>{done}</Note>}
      <div class="panel">
        <Facts
          facts={[
            [t.status, <Status status={delivery.status} />],
            [t.event, delivery.event],
            [
              t.listener,
              <a href={`${base}/listeners/${delivery.listenerId}`}>{delivery.listenerId}</a>,
            ],
            ['Hook-Delivery', delivery.id],
            [t.created, <Time at={delivery.createdAt} />],
            [t.nextAttempt, delivery.nextAt && <Time at={delivery.nextAt} />],
            [t.reason, delivery.reason],
          ]}
        />
        {desk?.may('retry') && (
          <form method="post" action={`${base}/deliveries/${delivery.id}/retry`}>
            <p>
              <button class="main" type="submit">
                {t.retry}
              </button>
            </p>
          </form>
        )}
      </div>
      <h2>{t.attempts}</h2>
      <Attempts shell={shell} attempts={delivery.attempts} />
      <h2>{t.request}</h2>
      {request ? <Request shell={shell} request={request} /> : <p class="muted">{t.noRequest}</p>}
    </Layout>
  );
};

interface AttemptsProps {
  readonly shell: Shell;
  readonly attempts: readonly Attempt[];
}

const Attempts: FC<AttemptsProps> = ({ shell: { t, desk }, attempts }) => {
  if (attempts.length === 0) return <p class="muted">{t.noAttempts}</p>;
  const details = desk?.isOperator ? [t.detail] : [];
  const head = ['#', t.time, t.status, t.httpStatus, t.duration, t.reason, t.response, ...details];
  return (
    <Table caption={t.attempts} head={head}>
      {attempts.map((one) => (
        <tr>
          <td class="number">{one.number}</td>
          <td class="number">
            <Time at={one.at} />
          </td>
          <td>
            <Status status={one.outcome} />
          </td>
          <td class="number">{one.httpStatus}</td>
          <td class="number">{`${Math.round(one.durationMs)} ms`}</td>
          <td>{one.reason}</td>
          <td>{one.response && <pre tabindex={0}>{one.response}</pre>}</td>
          {desk?.isOperator && <td>{one.detail}</td>}
        </tr>
      ))}
    </Table>
  );
};

interface RequestProps {
  readonly shell: Shell;
  readonly request: ShownRequest;
}

const Request: FC<RequestProps> = ({ shell: { t, options }, request }) => {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  const body = request.body.slice(0, MAX_BODY);
  return (
    <>
      <pre
        id="request"
        tabindex={0}
      >{`${request.method} ${request.url}\n${headers.join('\n')}\n\n${body}`}</pre>
      {body.length < request.body.length && <p class="muted">{t.bodyCut}</p>}
      <h3>{t.curl}</h3>
      <Copyable t={t} id="curl" text={curlOf(request)} />
      <form method="post" action={`${options.basePath}/check`}>
        <input type="hidden" name="body" value={request.body} />
        <input type="hidden" name="headers" value={headers.join('\n')} />
        <p>
          <button type="submit">{t.checkThis}</button>
        </p>
      </form>
    </>
  );
};
