import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { SignInLinkSummary, Me } from "../../../../workers/contract/api/people.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { describeError } from "../../api/api-error.ts";
import { createPasskey } from "../../api/ceremonies.ts";
import { adoptSession, meQuery, signInOptionsQuery } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { CompanyButton } from "../company/company-sign-in.tsx";
import { CardPage, FormError } from "./frame.tsx";

/** Returns the secret of the URL fragment and removes it from the URL, so it is not kept in the history or visible. */
function takeSecret(): string {
  const secret = location.hash.slice(1);
  if (secret !== "") history.replaceState(history.state, "", location.pathname);
  return secret;
}

/** The secret survives a remount, which `takeSecret` can no longer read from the URL. */
let takenSecret: string | undefined;

/** Page of single-use links: setup (first owner), invitation, and recovery after losing every passkey. */
export function JoinPage() {
  const [secret] = useState(() => (takenSecret = takeSecret() || takenSecret || ""));
  const link = useQuery({
    queryKey: ["link", secret],
    queryFn: () => request(SignInLinkSummary, "POST", "/auth/link", { secret }),
    retry: false,
  });
  const me = useQuery({ ...meQuery, enabled: link.data?.kind === "invitation" });
  if (link.error)
    return (
      <CardPage title="This link does not work">
        <FormError text={describeError(link.error)} />
        <Link to="/sign-in" className={buttonClass()}>
          Go to sign-in
        </Link>
      </CardPage>
    );
  if (!link.data || me.isLoading) return <LoadingState />;
  const texts = { title: toTitle(link.data), hint: toHint(link.data) };
  return (
    <CardPage {...texts}>
      {me.data ? (
        <JoinAsSignedInUser me={me.data} facts={link.data} secret={secret} />
      ) : (
        <JoinForm facts={link.data} secret={secret} />
      )}
    </CardPage>
  );
}

function toTitle({ kind, workspace }: SignInLinkSummary): string {
  switch (kind) {
    case "setup":
      return "Set up mcpnest";
    case "invitation":
      return `Join ${workspace?.name ?? "the workspace"}`;
    case "recovery":
      return "Recover your account";
  }
}

function toHint({ kind, role }: SignInLinkSummary): string {
  switch (kind) {
    case "setup":
      return "You will be the first owner. You sign in with a passkey instead of a password.";
    case "invitation":
      return `You are invited as ${role === null || role === "member" ? "a member" : `an ${role}`}. You sign in with a passkey instead of a password.`;
    case "recovery":
      return "Create a new passkey on this device. All your other sessions will end.";
  }
}

/** Where the name of the account is shown, and where another one. */
function toNameHint({ kind, name }: SignInLinkSummary): string | undefined {
  switch (kind) {
    case "setup":
      return "The name of your account. A workspace that you create shows it to its other members.";
    case "invitation":
      return `The name of your account. The workspace shows the name that its admins gave you${name === null ? "" : `: ${escapeLine(name)}`}.`;
    case "recovery":
      return undefined;
  }
}

interface JoinProps {
  facts: SignInLinkSummary;
  secret: string;
}

function JoinAsSignedInUser({ me, facts, secret }: JoinProps & { me: Me }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const accept = useMutation({
    mutationFn: () => request(Me, "POST", "/me/invitations", { secret }),
    onSuccess: async (next) => {
      adoptSession(client, next);
      await navigate({ to: "/" });
    },
  });
  return (
    <>
      <Button variant="primary" isBusy={accept.isPending} onClick={() => accept.mutate()}>
        Join as {me.user.name}
      </Button>
      {facts.name !== null && facts.name !== me.user.name && (
        <p className="text-dim">
          The workspace shows the name that its admins gave you: <DisplayName name={facts.name} />.
        </p>
      )}
      <FormError text={accept.error ? describeError(accept.error) : undefined} />
    </>
  );
}

/** The first page: members connect a client, all others create recovery codes first. */
function toWelcomePage({ memberships }: Me, { workspace }: SignInLinkSummary) {
  const search = { welcome: true };
  const joined = memberships.find(({ workspace: { slug } }) => slug === workspace?.slug);
  return joined?.role === "member"
    ? ({ to: "/w/$slug/connect", params: { slug: joined.workspace.slug }, search } as const)
    : ({ to: "/account", search } as const);
}

function JoinForm({ facts, secret }: JoinProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(facts.name ?? "");
  const options = useQuery(signInOptionsQuery);
  const join = useMutation({
    mutationFn: async (method: "passkey" | "access") => {
      const newUser = { secret, name: name.trim() };
      if (method === "access") return request(Me, "POST", "/auth/link/access", newUser);
      const response = await createPasskey("/auth/link/passkey/options", newUser);
      return request(Me, "POST", "/auth/link/passkey", { ...newUser, response });
    },
    onSuccess: async (me) => {
      adoptSession(client, me);
      await navigate(toWelcomePage(me, facts));
    },
  });
  const isNamed = name.trim() !== "";
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        join.mutate("passkey");
      }}
    >
      <Field label="Your name" hint={toNameHint(facts)}>
        <TextInput
          value={name}
          autoComplete="name"
          readOnly={facts.kind === "recovery"}
          maxLength={120}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      {options.data?.passkeys === false ? (
        <p className="text-dim">
          Passkeys do not work on an IP address. Open this link with a host name instead.
        </p>
      ) : (
        <Button type="submit" variant="primary" isBusy={join.isPending} disabled={!isNamed}>
          <Fingerprint className="size-4" aria-hidden />
          Create a passkey
        </Button>
      )}
      {options.data?.access === true && (
        <Button disabled={!isNamed || join.isPending} onClick={() => join.mutate("access")}>
          Continue with Cloudflare Access
        </Button>
      )}
      {facts.kind === "invitation" && facts.workspace && (
        <CompanyButton
          slug={facts.workspace.slug}
          body={{ link: { secret, name: name.trim() } }}
          label="Join with"
          isDisabled={!isNamed || join.isPending}
        />
      )}
      <FormError text={join.error ? describeError(join.error) : undefined} />
    </form>
  );
}
