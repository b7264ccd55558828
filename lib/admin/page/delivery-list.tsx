import type { FC } from 'hono/jsx';
import type { Delivery } from '../../delivery/log/delivery';
import { DELIVERY_STATUSES } from '../../store/deliveries';
import { DeliveryTable } from './delivery-table';
import { Layout, NextPage, Note, type Shell } from './layout';

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
