import type { AccessDecisionInput, GrantedAccess } from "../api/access-requests.ts";

/** How a request for access is closed. It is stored together with the change that it makes. */
export interface ClosedAccessRequest {
  id: string;
  status: "approved" | "declined" | "withdrawn";
  answer: string | null;
  granted: GrantedAccess | null;
}

/** The commands that close a request for access. One that is closed already is refused. */
export interface AccessRequestArguments {
  "access-request.approve": { id: string } & Omit<
    Extract<AccessDecisionInput, { outcome: "approved" }>,
    "outcome"
  >;
  "access-request.decline": { id: string; answer: string };
  /** `askedBy`: the member whose request it must be. */
  "access-request.withdraw": { id: string; askedBy: string };
}

/** Their results. */
export interface AccessRequestResults {
  "access-request.approve": Record<string, never>;
  "access-request.decline": Record<string, never>;
  "access-request.withdraw": Record<string, never>;
}
