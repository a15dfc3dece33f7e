import { useQuery } from "@tanstack/react-query";
import { Lock, Plus, ServerCog } from "lucide-react";
import { useState } from "react";
import { hostsQuery } from "../../api/hosts.ts";
import { useMe } from "../../api/me.ts";
import { Button } from "../../ui/button.tsx";
import { Page, PageHeader, Section } from "../../ui/page.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { AddHostDialog } from "./add-host-dialog.tsx";
import { HostCard } from "./host-card.tsx";

/** The container hosts of the deployment, for users who manage them. */
export function HostsPage() {
  const { user } = useMe();
  return user.managesHosts ? <Hosts /> : <NotManager />;
}

function NotManager() {
  return (
    <Page>
      <PageHeader title="Container hosts" />
      <EmptyState icon={Lock} title="You don’t manage the container hosts">
        <p>
          They serve all workspaces of this deployment, so its operator decides who manages them:
          PATCH /api/users/… with “managesHosts”.
        </p>
      </EmptyState>
    </Page>
  );
}

function Hosts() {
  const hosts = useQuery(hostsQuery);
  const [isAdding, setIsAdding] = useState(false);
  return (
    <Page>
      <PageHeader
        title="Container hosts"
        actions={
          <Button variant="primary" onClick={() => setIsAdding(true)}>
            <Plus className="size-4" aria-hidden />
            Add host
          </Button>
        }
      >
        The machines that run hosted servers, of all workspaces of this deployment.
      </PageHeader>
      <Loaded query={hosts}>
        {(items) =>
          items.length === 0 ? (
            <NoHosts />
          ) : (
            <ul className="flex flex-col gap-4" aria-label="Container hosts">
              {items.map((host) => (
                <HostCard key={host.id} host={host} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <AddHostDialog isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </Page>
  );
}

function NoHosts() {
  return (
    <Section>
      <EmptyState icon={ServerCog} title="No container host yet">
        <p>
          Servers of the catalogue need one. Install the service on a Linux machine as
          deploy/README.md describes. Its log line “host_ready” has its name and public key: add it
          here with both and the address of its tunnel.
        </p>
      </EmptyState>
    </Section>
  );
}
