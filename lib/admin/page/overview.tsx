import type { FC } from 'hono/jsx';
import type { HookHistory } from '../../attach/history';
import type { HookStats } from '../../attach/stats';
import type { Delivery } from '../../delivery/log/delivery';
import { type Bar, Bars, shortNumber } from './charts';
import { DeliveryTable } from './delivery-table';
import { Layout, Note, type Shell, Time } from './layout';
import type { Wording } from './wording';

interface OverviewProps {
  readonly shell: Shell;
  readonly backlog: HookStats | null;
  readonly history: HookHistory;
  readonly failures: readonly Delivery[];
}

export const Overview: FC<OverviewProps> = ({ shell, backlog, history, failures }) => {
  const { t } = shell;
  return (
    <Layout shell={shell} title={t.overview} at="overview">
      {history.isSampled && <Note>{t.sampled}</Note>}
      <Cards t={t} backlog={backlog} history={history} />
      <h2>{t.deliveriesByMinute}</h2>
      <div class="panel">
        <Bars title={t.deliveriesByMinute} bars={history.buckets.map(deliveryBar)} />
      </div>
      <h2>{t.eventsByMinute}</h2>
      <div class="panel">
        <Bars title={t.eventsByMinute} bars={history.buckets.map(eventBar)} />
      </div>
      <h2>{t.recentFailures}</h2>
      {failures.length === 0 ? (
        <p class="muted">{t.noFailures}</p>
      ) : (
        <DeliveryTable shell={shell} caption={t.recentFailures} deliveries={failures} />
      )}
    </Layout>
  );
};

interface CardsProps {
  readonly t: Wording;
  readonly backlog: HookStats | null;
  readonly history: HookHistory;
}

const Cards: FC<CardsProps> = ({ t, backlog, history }) => {
  const { durations, oldestWaitingAt } = history;
  const cards = [
    ...(backlog
      ? [
          [t.waitingEvents, shortNumber(backlog.events.waiting)],
          [t.waitingDeliveries, shortNumber(backlog.deliveries.waiting)],
        ]
      : []),
    [t.successRate, successRate(history) ?? t.noData],
    [t.medianDuration, durations ? `${Math.round(durations.p50)} ms` : t.noData],
    [t.slowestDuration, durations ? `${Math.round(durations.p99)} ms` : t.noData],
  ];
  return (
    <dl class="cards">
      {cards.map(([name, value]) => (
        <div class="card">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div class="card">
        <dt>{t.oldestWaiting}</dt>
        <dd>{oldestWaitingAt ? <Time at={oldestWaitingAt} /> : t.none}</dd>
      </div>
    </dl>
  );
};

/** The share of `done` among ended deliveries. Null if none has ended. */
function successRate({ buckets }: HookHistory): string | null {
  const done = buckets.reduce((sum, bucket) => sum + bucket.done, 0);
  const failed = buckets.reduce((sum, bucket) => sum + bucket.failed, 0);
  return done + failed === 0 ? null : `${((100 * done) / (done + failed)).toFixed(1)} %`;
}

type Bucket = HookHistory['buckets'][number];

function deliveryBar({ at, done, failed, open }: Bucket): Bar {
  return {
    label: at.toISOString().slice(11, 16),
    parts: [
      { name: 'done', kind: 'done', value: done },
      { name: 'failed', kind: 'failed', value: failed },
      { name: 'open', kind: 'open-part', value: open },
    ],
  };
}

function eventBar({ at, events }: Bucket): Bar {
  const parts = [{ name: 'events', kind: 'events', value: events }];
  return { label: at.toISOString().slice(11, 16), parts };
}
