import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { BlockedClient } from "../../../../workers/contract/records/workspace.ts";
import { useCan } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { blockedClientsQuery, tokensQuery, workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";

/** The clients that are refused by name, and the form that blocks one. */
export function BlockedClients({ slug }: { slug: string }) {
  const clients = useQuery(blockedClientsQuery(slug));
  const canStop = useCan(slug, "calls.stop");
  const unblock = useApiMutation({
    run: ({ id }: BlockedClient) =>
      requestNoContent("DELETE", `/workspaces/${slug}/blocked-clients/${id}`),
    invalidate: [workspaceKey(slug, "blocked-clients")],
    onDone: (_, { name }) => showToast(`${name} unblocked`),
  });
  return (
    <Section
      title="Blocked clients"
      hint="A client is known by the name that it gives itself: a client that gives another name is not refused. To keep out a person, suspend the person or the token."
    >
      <Loaded query={clients} lines={1}>
        {(items) => (
          <ul className="divide-y divide-line">
            {items.length === 0 && <li className="px-4 py-3 text-dim">No client is blocked.</li>}
            {items.map((client) => (
              <li key={client.id} className="flex items-center gap-3 px-4 py-2.5">
                <p className="min-w-0 flex-1 wrap-anywhere">
                  <DisplayName name={client.name} />
                  {client.versionPrefix !== null && (
                    <span className="text-dim">
                      , versions that begin with <DisplayName name={client.versionPrefix} />
                    </span>
                  )}
                  <span className="block text-xs text-dim">
                    Blocked by <DisplayName name={client.blockedBy} />{" "}
                    <Time at={client.blockedAt} />
                  </span>
                </p>
                {canStop && (
                  <Button
                    size="sm"
                    aria-label={`Unblock ${client.name}`}
                    isBusy={unblock.isPending}
                    onClick={() => unblock.mutate(client)}
                  >
                    Unblock
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {canStop && <BlockForm slug={slug} />}
    </Section>
  );
}

function BlockForm({ slug }: { slug: string }) {
  const [name, setName] = useState("");
  const [versionPrefix, setVersionPrefix] = useState("");
  const tokens = useQuery(tokensQuery(slug));
  const listId = useId();
  const seen = new Set((tokens.data ?? []).flatMap(({ lastClientName }) => lastClientName ?? []));
  const block = useApiMutation({
    run: () =>
      request(BlockedClient, "POST", `/workspaces/${slug}/blocked-clients`, {
        name,
        versionPrefix: versionPrefix.trim() || null,
      }),
    invalidate: [workspaceKey(slug, "blocked-clients")],
    onDone: () => {
      showToast(`${name} blocked`);
      setName("");
      setVersionPrefix("");
    },
  });
  return (
    <form
      className="flex flex-wrap items-start gap-3 border-t border-line px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        block.mutate(undefined);
      }}
    >
      <Field label="Client" hint="The name in the audit log." className="flex-1 basis-44">
        <TextInput
          value={name}
          list={listId}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      <datalist id={listId}>
        {[...seen].map((client) => (
          <option key={client} value={client}>
            {client}
          </option>
        ))}
      </datalist>
      <Field
        label="Versions that begin with"
        hint="Optional. “1.2” is also the beginning of 1.20."
        className="flex-1 basis-44"
      >
        <TextInput
          value={versionPrefix}
          maxLength={100}
          onChange={(event) => setVersionPrefix(event.currentTarget.value)}
        />
      </Field>
      <Button
        type="submit"
        variant="danger"
        className="mt-5.5"
        isBusy={block.isPending}
        disabled={name.trim() === ""}
      >
        Block
      </Button>
    </form>
  );
}
