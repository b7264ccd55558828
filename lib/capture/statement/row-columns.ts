import { eventExtrasSql } from '../entity/extras-sql';
import type { HookedEntity } from '../entity/hooked-entity';
import { discriminatorSql } from '../entity/hooked-table';
import { objectSql } from '../entity/object-sql';
import { rowKeyTextsSql } from '../entity/row-id';
import { readable } from '../entity/table-facts';
import { markSql, type RowContext, rememberedSql } from './row-sql';
import { OWN_PREFIX } from './write';

/** `now` and `was` are the row after and before the write. */
export type Side = 'now' | 'was';

/** The name of a column of a side. */
export function column(side: Side, name: string | number): string {
  return `${OWN_PREFIX}${side}_${name}`;
}

/** SQL of the columns that events need of the row `alias`, with their names. */
export function columnsSql(context: RowContext, alias: string, side: Side): string {
  return columnsOf(context, alias)
    .map(([name, sql]) => `${sql} AS ${column(side, name)}`)
    .join(', ');
}

/** The columns of a side of the relation `alias`. */
export function namesSql(context: RowContext, alias: string, side: Side): string {
  return columnsOf(context, alias)
    .map(([name]) => `${alias}.${column(side, name)}`)
    .join(', ');
}

export function hasColumn(context: RowContext, name: string): boolean {
  return columnsOf(context, 't').some(([own]) => own === name);
}

/** The hooks of a table, each with its place among them. */
export function hookedOf({ table }: RowContext): readonly HookedEntity[] {
  return table.classes.flatMap(({ hooked }) => hooked);
}

type Columns = readonly (readonly [name: string, sql: string])[];

/** The values, the `ref` and the sender for each hook; the texts of the row id, the class and the mark. */
const columnsOf = rememberedSql((context: RowContext, alias: string): Columns => {
  const { dataSource, table, facts } = context;
  const values = hookedOf(context).map(({ provided }) =>
    objectSql(dataSource, readable(provided, facts), alias),
  );
  const extras = hookedOf(context).map((one) => eventExtrasSql(dataSource, one, alias, facts));
  const texts = rowKeyTextsSql(dataSource, table.metadata, alias);
  const discriminator = discriminatorSql(dataSource, table, alias);
  const mark = markSql(context, alias);
  return [
    ...values.map((sql, n) => [String(n), sql] as const),
    ...extras.flatMap((extra, n) => (extra?.ref ? [[`ref_${n}`, extra.ref] as const] : [])),
    ...extras.flatMap((extra, n) =>
      extra?.sender ? [[`sender_${n}`, extra.sender] as const] : [],
    ),
    ...texts.map((sql, n) => [`text_${n}`, sql] as const),
    ...(discriminator === null ? [] : [['class', discriminator] as const]),
    ...(mark === null ? [] : [['mark', mark] as const]),
  ];
});
