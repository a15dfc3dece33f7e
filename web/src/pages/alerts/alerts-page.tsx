import { useInfiniteQuery } from "@tanstack/react-query";
import { BellRing } from "lucide-react";
import type { Alert, AlertDelivery } from "../../../../workers/contract/api/alerts.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { alertsQuery } from "../../api/alerts.ts";
import { RequirePermission } from "../../shell/require-permission.tsx";
import { useWorkspaceSlug } from "../../shell/use-workspace-slug.ts";
import { Button } from "../../ui/button.tsx";
import { Badge, Page, PageHeader, Section, type Tone } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { ChannelsSection } from "./channels-section.tsx";
import { labelOf } from "./kind-choices.tsx";
import { MailSection } from "./mail-section.tsx";

/** What needs people: the last alerts, where they are sent, and what the person gets by e-mail. */
export function AlertsPage() {
  const slug = useWorkspaceSlug();
  return (
    <RequirePermission action="audit.read">
      <Page>
        <PageHeader title="Alerts">
          What needs people, sent to webhooks, Slack and by e-mail. No alert has an argument, a
          result or a secret.
        </PageHeader>
        <RecentAlerts slug={slug} />
        <MailSection slug={slug} />
        <ChannelsSection slug={slug} />
      </Page>
    </RequirePermission>
  );
}

function RecentAlerts({ slug }: { slug: string }) {
  const query = useInfiniteQuery(alertsQuery(slug));
  return (
    <Section title="Recent alerts" hint="Of the last 30 days.">
      <Loaded query={query}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0)
            return (
              <EmptyState icon={BellRing} title="No alerts">
                <p>Nothing has needed people within the last 30 days.</p>
              </EmptyState>
            );
          return (
            <>
              <ul className="divide-y divide-line" aria-label="Recent alerts">
                {items.map((alert) => (
                  <AlertItem key={alert.id} alert={alert} />
                ))}
              </ul>
              {query.hasNextPage && (
                <div className="border-t border-line px-4 py-3">
                  <Button
                    isBusy={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Show more
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}

function AlertItem({ alert: { kind, text, page, createdAt, deliveries } }: { alert: Alert }) {
  return (
    <li className="flex flex-col gap-1 px-4 py-3">
      <p className="flex flex-wrap items-baseline gap-x-2 text-xs text-dim">
        {labelOf(kind)}
        <span className="ml-auto">
          <Time at={createdAt} />
        </span>
      </p>
      <p className="text-sm wrap-anywhere">
        <a href={page} className="link">
          {escapeLine(text)}
        </a>
      </p>
      {deliveries.length > 0 && (
        <ul className="flex flex-wrap gap-1.5">
          {deliveries.map((delivery, index) => (
            <li key={index}>
              <DeliveryBadge delivery={delivery} />
            </li>
          ))}
        </ul>
      )}
      {deliveries.map(
        ({ problem, to }, index) =>
          problem !== null && (
            <p key={index} className="text-xs text-warn wrap-anywhere">
              {escapeLine(to ?? "A removed channel")}: {escapeLine(problem)}
            </p>
          ),
      )}
    </li>
  );
}

const STATES: Record<AlertDelivery["state"], { label: string; tone: Tone }> = {
  sent: { label: "sent", tone: "ok" },
  waiting: { label: "waits", tone: "warn" },
  failed: { label: "failed", tone: "bad" },
  dropped: { label: "not sent", tone: "neutral" },
};

function DeliveryBadge({ delivery: { to, way, state } }: { delivery: AlertDelivery }) {
  const { label, tone } = STATES[state];
  const name = escapeLine(to ?? (way === "mail" ? "A removed member" : "A removed channel"));
  return (
    <Badge tone={tone}>
      {name} {way === "mail" ? "by e-mail" : ""} {label}
    </Badge>
  );
}
