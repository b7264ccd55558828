import { isOptions } from '../../options/rules';

/** Who makes a request. */
export type Principal =
  /** Sees and does everything. */
  | { readonly role: 'operator' }
  /** Sees and does only what concerns the listeners of this owner. */
  | { readonly role: 'owner'; readonly owner: string };

/** The two kinds of users: operators see everything, owners only their own listeners. */
export type Role = Principal['role'];

/** Says who makes a request. Null: nobody. */
export type Authenticate = (
  request: Request,
) => Principal | null | undefined | Promise<Principal | null | undefined>;

/** What `authenticate` returned, or null. Throws for anything that is neither, because a mistake must not open the app. */
export function principalOf(value: unknown): Principal | null {
  if (value === null || value === undefined || value === false) return null;
  if (isOptions(value) && value.role === 'operator') return { role: 'operator' };
  if (isOptions(value) && value.role === 'owner' && isName(value.owner))
    return { role: 'owner', owner: value.owner };
  throw new TypeError(
    "`authenticate` must return { role: 'operator' }, { role: 'owner', owner } or null.",
  );
}

/** One text for each principal. */
export function principalKey(principal: Principal): string {
  return principal.role === 'owner' ? `owner:${principal.owner}` : 'operator';
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
