import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod";
import { Me, BrowserSessionSummary } from "../../../../workers/contract/api/people.ts";
import { meQuery, useMe } from "../../api/me.ts";
import { request, requestNothing } from "../../api/request.ts";
import { useChange } from "../../api/use-change.ts";
import { announce } from "../../ui/announce.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Badge, Page, PageHeader, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { Passkeys } from "./passkeys.tsx";
import { RecoveryCodesSection } from "./recovery-codes.tsx";

const route = getRouteApi("/signed-in/account");

/** One's own name, passkeys, recovery codes and sessions. */
export function AccountPage() {
  const { welcome } = route.useSearch();
  const { user, recoveryCodesLeft } = useMe();
  return (
    <Page isNarrow>
      <PageHeader
        title={welcome === true ? `Welcome, ${user.name}` : "Your account"}
        actions={
          welcome === true && (
            <Link to="/" className={buttonClass(recoveryCodesLeft > 0 ? "primary" : "secondary")}>
              Continue
            </Link>
          )
        }
      >
        {welcome === true
          ? "You are signed in. Make recovery codes now: they let you in when you lose your passkey."
          : "How you sign in, and where you are signed in."}
      </PageHeader>
      <RecoveryCodesSection />
      <Passkeys />
      {welcome !== true && <NameSection />}
      {welcome !== true && <Sessions />}
    </Page>
  );
}

function NameSection() {
  const { user } = useMe();
  const [name, setName] = useState(user.name);
  const save = useChange({
    run: () => request(Me, "PATCH", "/me", { name: name.trim() }),
    refresh: [meQuery.queryKey],
    onDone: () => announce("Name saved"),
  });
  return (
    <Section title="Name">
      <form
        className="flex items-end gap-2 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        <Field label="Your name" className="flex-1">
          <TextInput
            value={name}
            autoComplete="name"
            maxLength={120}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <Button
          type="submit"
          isBusy={save.isPending}
          disabled={name.trim() === "" || name.trim() === user.name}
        >
          Save
        </Button>
      </form>
    </Section>
  );
}

const METHODS = {
  passkey: "Passkey",
  access: "Cloudflare Access",
  "recovery-code": "Recovery code",
};

const sessionsKey = ["sessions"];

function Sessions() {
  const sessions = useQuery({
    queryKey: sessionsKey,
    queryFn: () =>
      request(z.object({ items: z.array(BrowserSessionSummary) }), "GET", "/me/sessions"),
  });
  const end = useChange({
    run: (id: string | null) =>
      requestNothing("DELETE", id === null ? "/me/sessions" : `/me/sessions/${id}`),
    refresh: [sessionsKey],
    onDone: () => announce("Signed out there"),
  });
  return (
    <Section
      title="Sessions"
      actions={
        <Button size="sm" isBusy={end.isPending} onClick={() => end.mutate(null)}>
          Sign out everywhere else
        </Button>
      }
    >
      <Loaded query={sessions}>
        {({ items }) => (
          <ul className="divide-y divide-line">
            {items.map((session) => (
              <li key={session.id} className="flex items-center gap-3 px-4 py-3">
                <div className="min-w-0 flex-1">
                  <p className="truncate" title={session.userAgent}>
                    {describeBrowser(session.userAgent)}{" "}
                    {session.isCurrent && <Badge tone="ok">this one</Badge>}
                  </p>
                  <p className="text-xs text-dim">
                    {METHODS[session.method]} · seen <Time at={session.lastSeenAt} />
                  </p>
                </div>
                {!session.isCurrent && (
                  <Button size="sm" onClick={() => end.mutate(session.id)}>
                    Sign out
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

/** "Chrome on Linux", as far as a browser's own words tell it. */
function describeBrowser(userAgent: string): string {
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(userAgent)?.[0] ?? "A browser";
  const system = /Windows|Android|iPhone|iPad|Mac OS X|CrOS|Linux/.exec(userAgent)?.[0];
  const name = { Edg: "Edge", OPR: "Opera" }[browser] ?? browser;
  return system === undefined ? name : `${name} on ${system.replace("Mac OS X", "macOS")}`;
}
