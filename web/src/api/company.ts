import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import {
  CompanyRedirect,
  IdentityIssuer,
  IssuerTest,
  type CompanyProblem,
} from "../../../workers/contract/api/company.ts";
import { SignInOptions } from "../../../workers/contract/api/people.ts";
import { request } from "./request.ts";
import { workspaceKey } from "./workspace.ts";

/** Query: the company sign-in of a workspace by its short name; null: none, also when there is no such workspace. */
export const companyQuery = (slug: string) =>
  queryOptions({
    queryKey: ["company-sign-in", slug],
    queryFn: async () => {
      const path = `/auth?workspace=${encodeURIComponent(slug)}`;
      return (await request(SignInOptions, "GET", path)).company;
    },
  });

/** Query: the issuers whose identities a workspace accepts. */
export const issuersQuery = (slug: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "identity-issuers"),
    queryFn: async () => {
      const schema = z.object({ items: z.array(IdentityIssuer) });
      return (await request(schema, "GET", `/workspaces/${slug}/identity-issuers`)).items;
    },
  });

/** Query: what the last test sign-in has shown; null: none within the hour. */
export const issuerTestQuery = (slug: string, id: string) =>
  queryOptions({
    queryKey: workspaceKey(slug, "identity-issuers", id, "test"),
    queryFn: async () => {
      const schema = z.object({ test: IssuerTest.nullable() });
      return (await request(schema, "GET", `/workspaces/${slug}/identity-issuers/${id}/test`)).test;
    },
  });

/** Begins a sign-in at a company’s provider, and leaves the page for it. */
export async function goToCompany(path: string, body: object): Promise<void> {
  const { to } = await request(CompanyRedirect, "POST", path, body);
  location.assign(to);
}

const PROBLEMS: Record<CompanyProblem, string> = {
  expired:
    "This sign-in took longer than ten minutes, was used already, or began in another browser. Try again.",
  provider:
    "Your company’s sign-in did not answer as it must. Try again; if it fails again, ask an owner of the workspace to test it in the settings.",
  unknown:
    "Your company account is not connected with a member of this workspace. Ask an owner for an invitation, and accept it with your company account.",
  address_taken:
    "A member of this workspace has your address, but another account. Accept your invitation with this account, connect it on your account page, or ask an owner.",
  claims:
    "Your company account lacks a claim or an address that this workspace requires. Sign in with your work account, or ask an owner of the workspace.",
  suspended: "Your access to this workspace is suspended. Ask an owner or admin of the workspace.",
  removed:
    "You were removed from this workspace. Ask an owner or admin for an invitation, and accept it with this account.",
  step_up:
    "You were not confirmed: the sign-in was not fresh, or was of another person. Repeat the action, and sign in again as yourself.",
  groups_overage:
    "You are in more groups than your company’s sign-in lists. Ask an owner: the provider must send only the groups that are assigned to this application.",
  other_member: "This company account is connected with another member. Ask an owner.",
  session:
    "This ended in another session, or as another person, than it began. Sign in again as yourself.",
  link: "This invitation was used, expired or withdrawn, or is not for this workspace. Ask for a new one.",
  stored: "The change was not stored. Try again in ten seconds.",
  limited: "Your company’s sign-in reaches this workspace only.",
};

/** What went wrong at a company sign-in, and what to do. */
export function describeCompanyProblem(problem: CompanyProblem): string {
  return PROBLEMS[problem];
}

/** The workspace that an address of the dashboard is about, by its short name: a page of it, or a client that asks for it. */
export function findWorkspaceInAddress(to: string | undefined): string | undefined {
  if (to === undefined) return undefined;
  const { pathname, searchParams } = new URL(to, location.origin);
  const resource = searchParams.get("resource") ?? "";
  return (/^\/w\/([^/]+)/.exec(pathname) ?? /\/mcp\/([^/?#]+)/.exec(resource))?.[1];
}
