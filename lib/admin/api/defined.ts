/** What an object is without its members that are undefined. */
export type Defined<Given extends object> = {
  readonly [Name in keyof Given]: Exclude<Given[Name], undefined>;
};

/** The library refuses criteria that are undefined, because an unset variable could find everything. */
export function defined<Given extends object>(given: Given): Defined<Given> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<Given>;
}
