import { useQueries } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { companyQuery, describeCompanyProblem, goToCompany } from "../../api/company.ts";
import { useMe } from "../../api/me.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Section } from "../../ui/page.tsx";

const route = getRouteApi("/signed-in/account");

/** Connects the accounts at the companies of the person’s workspaces. Nothing where none has a company sign-in. */
export function CompanyAccountSection() {
  const { memberships } = useMe();
  const { bound, problem } = route.useSearch();
  const companies = useQueries({
    queries: memberships.slice(0, 20).map(({ workspace }) => companyQuery(workspace.slug)),
  });
  const connect = useApiMutation({
    run: (workspace: string) => goToCompany("/me/company", { workspace }),
    invalidate: [],
  });
  const found = memberships.flatMap(({ workspace }, position) => {
    const company = companies[position]?.data;
    return company ? [{ workspace, company }] : [];
  });
  if (found.length === 0) return null;
  return (
    <Section
      title="Company account"
      hint="Connect it once, and you can sign in to the workspace by your company."
    >
      {bound === true && (
        <div className="px-4 pt-4">
          <Notice tone="info">Your company account is connected.</Notice>
        </div>
      )}
      {problem !== undefined && (
        <div className="px-4 pt-4">
          <Notice tone="warn">{describeCompanyProblem(problem)}</Notice>
        </div>
      )}
      <ul className="divide-y divide-line">
        {found.map(({ workspace, company }) => (
          <li key={workspace.id} className="flex items-center gap-3 px-4 py-3">
            <div className="min-w-0 flex-1">
              <p className="truncate">{escapeLine(company.name)}</p>
              <p className="text-xs text-dim">{escapeLine(workspace.name)}</p>
            </div>
            <Button
              size="sm"
              isBusy={connect.isPending}
              onClick={() => connect.mutate(workspace.slug)}
            >
              Connect
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
