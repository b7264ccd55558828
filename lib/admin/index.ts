/**
 * The API, the page and the portal, as an application to mount.
 *
 * @module typeorm-model-hooks/admin
 */

export type { PortalLinkOptions } from './access/portal';
export type { Authenticate, Principal, Role } from './access/principal';
export { toExpress, toFastify, toNode } from './adapters';
export { type AdminApp, adminApp } from './admin-app';
export type { AdminOptions, OwnerRights, PortalOptions } from './options';
export type { Wording } from './page/wording';
