import type { FC } from 'hono/jsx';
import type { Attempt, DeliveryWithAttempts, ShownRequest } from '../../delivery/log/delivery';
import { curlOf } from './curl';
import { Status } from './delivery-table';
import { Copyable, Facts, Layout, Note, type Shell, Table, Time } from './layout';

/** Characters of a body that the page shows. */
const MAX_BODY = 16_384;

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
