import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { meQuery, useCan } from "../../api/me.ts";
import { requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { membersQuery, tokensQuery, workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";

/** The suspended members. */
export function SuspendedPeople({ slug }: { slug: string }) {
  const members = useQuery(membersQuery(slug));
  const canLift = useCan(slug, "member.manage");
  const link = (
    <Link to="/w/$slug/members" params={{ slug }} className="link underline">
      People
    </Link>
  );
  return (
    <Section title="Suspended people" hint={<>Suspend a person on the page {link}.</>}>
      <Loaded query={members} lines={1}>
        {(items) => (
          <SuspendedList
            slug={slug}
            path="members"
            canLift={canLift}
            items={items}
            none="No person is suspended."
          />
        )}
      </Loaded>
    </Section>
  );
}

/** The suspended tokens. */
export function SuspendedTokens({ slug }: { slug: string }) {
  const tokens = useQuery(tokensQuery(slug));
  const canLift = useCan(slug, "token.manage");
  const link = (
    <Link
      to="/w/$slug/tokens"
      params={{ slug }}
      search={{ view: "all", state: "active" }}
      className="link underline"
    >
      Tokens
    </Link>
  );
  return (
    <Section title="Suspended tokens" hint={<>Suspend a token on the page {link}.</>}>
      <Loaded query={tokens} lines={1}>
        {(items) => (
          <SuspendedList
            slug={slug}
            path="tokens"
            canLift={canLift}
            items={items
              .filter(({ revokedAt }) => revokedAt === null)
              .map((token) => ({ ...token, name: token.label }))}
            none="No token is suspended."
          />
        )}
      </Loaded>
    </Section>
  );
}

interface Item {
  id: string;
  name: string;
  suspendedAt: number | null;
}

function SuspendedList(props: {
  slug: string;
  path: "members" | "tokens";
  canLift: boolean;
  items: Item[];
  none: string;
}) {
  const { slug, path, canLift, items, none } = props;
  const lift = useApiMutation({
    run: ({ id }: Item) =>
      requestNoContent("DELETE", `/workspaces/${slug}/${path}/${id}/suspension`),
    invalidate: [workspaceKey(slug, path), meQuery.queryKey],
    onDone: (_, { name }) => showToast(`The suspension of ${name} is lifted`),
  });
  const suspended = items.filter(({ suspendedAt }) => suspendedAt !== null);
  if (suspended.length === 0) return <p className="px-4 py-3 text-dim">{none}</p>;
  return (
    <ul className="divide-y divide-line">
      {suspended.map((item) => (
        <li key={item.id} className="flex items-center gap-3 px-4 py-2.5">
          <p className="min-w-0 flex-1 truncate">
            <DisplayName name={item.name} />
            <span className="block text-xs text-dim">
              Suspended <Time at={item.suspendedAt ?? 0} />
            </span>
          </p>
          {canLift && (
            <Button
              size="sm"
              aria-label={`Lift the suspension of ${item.name}`}
              isBusy={lift.isPending}
              onClick={() => lift.mutate(item)}
            >
              Lift
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
