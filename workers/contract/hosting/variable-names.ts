/** What may be the name of an environment variable of a hosted server. */
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Names by which a runtime, a loader or a shell is made to load code, or that the bridge and its host set themselves. */
const RESERVED =
  /^(NODE_|NPM_|LD_|DYLD_|MCP_|PYTHON|PERL|RUBY|JAVA_|BASH|GCONV_|GLIBC_|MALLOC_|OPENSSL_|SSL_)|^(PATH|HOME|HOST|PORT|USER|SHELL|ENV|IFS|TMPDIR|EDITOR|CLASSPATH|(HTTPS?|ALL|NO)_PROXY|JDK_JAVA_OPTIONS|_JAVA_OPTIONS)$/;

/** Why a hosted server may not be given a variable of this name, as a sentence; null: it may. */
export function variableNameProblem(name: string): string | null {
  if (!NAME.test(name))
    return "A variable's name is 1 to 64 of A-Z, 0-9 and _, starting with a letter";
  if (RESERVED.test(name))
    return `The variable ${name} is reserved: it could make a runtime load code`;
  return null;
}
