import type { Action } from "../contract/api/people.ts";

/** A request's JSON object, for permissions that depend on its content. */
export type Body = Record<string, unknown>;

/** Who is allowed to use a route. */
export type Permission =
  /** Every caller, also without authentication. */
  | { for: "public" }
  /**
   * Every authenticated caller, and while MARKETPLACE_PUBLIC is "true", visitors: requests without a key, whose session is
   * not read. The response is the same for all callers. `changesNothing`: programs can send it, too, because there is nothing
   * that a page of another host could forge.
   */
  | { for: "visitor"; changesNothing: boolean }
  /** Every authenticated caller. The route returns only the caller's data. */
  | { for: "authenticated" }
  | { for: "operator" }
  /** The operator, and users who have this right of the operator's. */
  | { for: "deputy"; right: "managesHosts" | "curatesMarketplace"; stepUp: "never" | "always" }
  /**
   * Signed-in users; `with-passkeys`: a step-up is needed once the user has a passkey. `isForLimited`: also in a session that a
   * company's sign-in began. Nothing that such a session may do outlives it.
   */
  | { for: "user"; stepUp: "never" | "always" | "with-passkeys"; isForLimited: boolean }
  /** Callers with a role that is allowed the action in the workspace of the path. */
  | {
      for: "workspace";
      action: Action;
      /** Returns the actions that this body needs in addition. */
      additionalActions: (body: Body) => Action[];
      /** Whether a user needs a recent passkey check. `memberId`: the user's member. */
      needsStepUp: (body: Body, memberId: string) => boolean;
    };

/** Every caller. */
export const publicRoute: Permission = { for: "public" };
/** Every authenticated caller, and visitors. */
export const visitor: Permission = { for: "visitor", changesNothing: false };
/** As `visitor`, for a question that is too long for an address. */
export const visitorQuestion: Permission = { for: "visitor", changesNothing: true };
/** Every authenticated caller. */
export const authenticated: Permission = { for: "authenticated" };
/** The operator. */
export const operator: Permission = { for: "operator" };
/** The operator, and users who manage the container hosts. */
export const hostManager: Permission = { for: "deputy", right: "managesHosts", stepUp: "never" };
/** As `hostManager`, a user with a recent passkey check. */
export const hostManagerWithStepUp: Permission = { ...hostManager, stepUp: "always" };
/** The operator, and users who curate the marketplace. */
export const curator: Permission = { for: "deputy", right: "curatesMarketplace", stepUp: "never" };
/** As `curator`, a user with a recent passkey check. */
export const curatorWithStepUp: Permission = { ...curator, stepUp: "always" };
/** Signed-in users, not by a company's sign-in. */
export const user: Permission = { for: "user", stepUp: "never", isForLimited: false };
/** Signed-in users, also by a company's sign-in. */
export const anyUser: Permission = { for: "user", stepUp: "never", isForLimited: true };
/** Signed-in users with a recent passkey check. */
export const userWithStepUp: Permission = { for: "user", stepUp: "always", isForLimited: false };
/** Adding the first passkey needs no step-up, which would need a passkey. */
export const userWithStepUpOrNoPasskey: Permission = {
  for: "user",
  stepUp: "with-passkeys",
  isForLimited: false,
};

type WorkspacePermission = Extract<Permission, { for: "workspace" }>;

/** Allows what the roles of `action` allow. */
export function allow(
  action: Action,
  {
    additionalActions = () => [],
    needsStepUp = () => false,
  }: Partial<Pick<WorkspacePermission, "additionalActions" | "needsStepUp">> = {},
): Permission {
  return { for: "workspace", action, additionalActions, needsStepUp };
}
