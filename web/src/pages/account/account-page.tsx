import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod";
import { Me, BrowserSessionSummary } from "../../../../workers/contract/api/people.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { meQuery, useMe } from "../../api/me.ts";
import { request, requestNoContent } from "../../api/request.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Badge, Page, PageHeader, Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { showToast } from "../../ui/toast.ts";
import { CompanyAccountSection } from "../company/company-account.tsx";
import { PasskeysSection } from "./passkeys.tsx";
import { RecoveryCodesSection } from "./recovery-codes.tsx";

const route = getRouteApi("/signed-in/account");

/** The signed-in user's recovery codes, passkeys, name and sessions. */
export function AccountPage() {
  const { welcome } = route.useSearch();
  const { user, recoveryCodesLeft, session } = useMe();
  const isLimited = session.limitedTo !== null;
  return (
    <Page isNarrow>
      <PageHeader
        title={welcome === true ? `Welcome, ${user.name}` : "Account"}
        actions={
          welcome === true && (
            <Link to="/" className={buttonClass(recoveryCodesLeft > 0 ? "primary" : "secondary")}>
              Continue
            </Link>
          )
        }
      >
        {welcome === true
          ? "Create recovery codes now. You need one to sign in if you lose your passkey."
          : "How you sign in, and where you are signed in."}
      </PageHeader>
      {isLimited ? (
        <Notice tone="info">
          You are signed in by your company, which reaches this workspace only. Passkeys, recovery
          codes and your name are changed in a session that began with a passkey.
        </Notice>
      ) : (
        <>
          <RecoveryCodesSection />
          <PasskeysSection />
          <CompanyAccountSection />
          {welcome !== true && <NameSection />}
        </>
      )}
      {welcome !== true && <Sessions />}
    </Page>
  );
}

function NameSection() {
  const { user } = useMe();
  const [name, setName] = useState(user.name);
  const save = useApiMutation({
    run: () => request(Me, "PATCH", "/me", { name: name.trim() }),
    invalidate: [meQuery.queryKey],
    onDone: () => showToast("Name saved"),
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
      <p className="px-4 pb-4 text-xs text-dim">
        The name of this account. Each workspace has its own name for you, which its owners and
        admins can change.
      </p>
    </Section>
  );
}

const METHODS = {
  passkey: "Passkey",
  access: "Cloudflare Access",
  "recovery-code": "Recovery code",
  company: "Company sign-in",
};

const sessionsKey = ["sessions"];

function Sessions() {
  const { limitedTo } = useMe().session;
  const sessions = useQuery({
    queryKey: sessionsKey,
    queryFn: () =>
      request(z.object({ items: z.array(BrowserSessionSummary) }), "GET", "/me/sessions"),
  });
  const endSession = useApiMutation({
    run: (id: string | null) =>
      requestNoContent("DELETE", id === null ? "/me/sessions" : `/me/sessions/${id}`),
    invalidate: [sessionsKey],
    onDone: (_, id) =>
      showToast(id === null ? "Signed out of all other sessions" : "Session signed out"),
  });
  return (
    <Section
      title="Sessions"
      actions={
        <Button size="sm" isBusy={endSession.isPending} onClick={() => endSession.mutate(null)}>
          Sign out all other sessions
        </Button>
      }
    >
      <Loaded query={sessions}>
        {({ items }) => (
          <ul className="divide-y divide-line">
            {items.map((session) => (
              <li key={session.id} className="flex items-center gap-3 px-4 py-3">
                <div className="min-w-0 flex-1">
                  <p className="truncate" title={escapeLine(session.userAgent)}>
                    {describeBrowser(session.userAgent)}{" "}
                    {session.isCurrent && <Badge tone="ok">Current</Badge>}
                  </p>
                  <p className="text-xs text-dim">
                    {METHODS[session.method]} · last active <Time at={session.lastSeenAt} />
                  </p>
                </div>
                {!session.isCurrent && limitedTo === null && (
                  <Button size="sm" onClick={() => endSession.mutate(session.id)}>
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

/** Browser and system of a user agent string: "Chrome on Linux". */
function describeBrowser(userAgent: string): string {
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(userAgent)?.[0] ?? "Unknown browser";
  const system = /Windows|Android|iPhone|iPad|Mac OS X|CrOS|Linux/.exec(userAgent)?.[0];
  const name = { Edg: "Edge", OPR: "Opera" }[browser] ?? browser;
  return system === undefined ? name : `${name} on ${system.replace("Mac OS X", "macOS")}`;
}
