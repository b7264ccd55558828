import type { FC } from 'hono/jsx';
import type { Delivery } from '../../delivery/log/delivery';
import type { DeliveryStatus } from '../../store/deliveries';
import { type Shell, Table, Time } from './layout';

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
  /** Whether each row has a box to select it, and a button to send it again. Both belong to a form around the table. */
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
    <Table caption={caption} head={isSelectable ? [t.select, ...head, t.retry] : head}>
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
      {isSelectable && (
        <td>
          <button
            type="submit"
            formaction={`${options.basePath}/deliveries/${id}/retry`}
            aria-label={`${t.retry} ${id}`}
          >
            {t.retry}
          </button>
        </td>
      )}
    </tr>
  );
};
