import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { Me } from "../../../../workers/contract/api/people.ts";
import { describeError } from "../../api/api-error.ts";
import { signInWithPasskey } from "../../api/ceremonies.ts";
import { companyQuery, describeCompanyProblem, findWorkspaceInAddress } from "../../api/company.ts";
import { adoptSession, signInOptionsQuery } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Loaded } from "../../ui/states.tsx";
import { CompanyButton, CompanyForm } from "../company/company-sign-in.tsx";
import { CardPage, FormError } from "./frame.tsx";

const route = getRouteApi("/sign-in");

/** Sign-in with a passkey, Cloudflare Access (if configured) or a recovery code. */
export function SignInPage() {
  const options = useQuery(signInOptionsQuery);
  const { problem } = route.useSearch();
  return (
    <CardPage title="Sign in">
      {problem !== undefined && <Notice tone="warn">{describeCompanyProblem(problem)}</Notice>}
      <Loaded query={options} lines={2}>
        {(available) =>
          available.hasUsers ? (
            <SignInMethods passkeys={available.passkeys} access={available.access} />
          ) : (
            <p className="text-dim">
              There are no accounts yet. To become the first owner, open the setup link that the
              server printed when it started.
            </p>
          )
        }
      </Loaded>
    </CardPage>
  );
}

function useSignIn<T>(signIn: (input: T) => Promise<void>) {
  const { to } = route.useSearch();
  const router = useRouter();
  return useMutation({ mutationFn: signIn, onSuccess: () => router.history.push(to ?? "/") });
}

function SignInMethods({ passkeys, access }: { passkeys: boolean; access: boolean }) {
  const client = useQueryClient();
  const { to, workspace } = route.useSearch();
  const slug = workspace ?? findWorkspaceInAddress(to);
  const company = useQuery({ ...companyQuery(slug ?? ""), enabled: slug !== undefined });
  const [isRecovering, setIsRecovering] = useState(false);
  const [isAsked, setIsAsked] = useState(false);
  const passkey = useSignIn(() => signInWithPasskey(client));
  const cloudflareAccess = useSignIn(async () =>
    adoptSession(client, await request(Me, "POST", "/auth/access", {})),
  );
  const error = passkey.error ?? cloudflareAccess.error;
  if (isRecovering) return <RecoveryCodeForm onBack={() => setIsRecovering(false)} />;
  if (isAsked) return <CompanyForm to={to} onBack={() => setIsAsked(false)} />;
  return (
    <>
      {slug !== undefined && (
        <CompanyButton slug={slug} body={to === undefined ? {} : { to }} label="Sign in with" />
      )}
      {passkeys ? (
        <Button
          variant="primary"
          isBusy={passkey.isPending}
          onClick={() => passkey.mutate(undefined)}
        >
          <Fingerprint className="size-4" aria-hidden />
          Sign in with a passkey
        </Button>
      ) : (
        <p className="text-dim">
          Passkeys do not work on an IP address. Open this page with a host name, such as{" "}
          <a className="link" href={toLocalhostUrl()}>
            {toLocalhostUrl()}
          </a>
          .
        </p>
      )}
      {access && (
        <Button
          isBusy={cloudflareAccess.isPending}
          onClick={() => cloudflareAccess.mutate(undefined)}
        >
          Continue with Cloudflare Access
        </Button>
      )}
      <FormError text={error ? describeError(error) : undefined} />
      {!company.data && (
        <Button variant="ghost" onClick={() => setIsAsked(true)}>
          Sign in by your company
        </Button>
      )}
      <Button variant="ghost" onClick={() => setIsRecovering(true)}>
        Use a recovery code
      </Button>
    </>
  );
}

function toLocalhostUrl(): string {
  return `http://localhost:${location.port}`;
}

function RecoveryCodeForm({ onBack }: { onBack: () => void }) {
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const signIn = useSignIn(async () =>
    adoptSession(client, await request(Me, "POST", "/auth/recovery-code", { code: code.trim() })),
  );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate(undefined);
      }}
    >
      <Field
        label="Recovery code"
        hint="Each code works once. If you have none, ask the operator for a recovery link."
        error={signIn.error ? describeError(signIn.error) : undefined}
      >
        <TextInput
          value={code}
          autoComplete="one-time-code"
          autoFocus
          spellCheck={false}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      </Field>
      <Button
        type="submit"
        variant="primary"
        isBusy={signIn.isPending}
        disabled={code.trim() === ""}
      >
        Sign in
      </Button>
      <Button variant="ghost" onClick={onBack}>
        Back
      </Button>
    </form>
  );
}
