/** A container's health check: ends with 0 when the address answers with success within four seconds. */
try {
  const answer = await fetch(process.argv[2] ?? "", { signal: AbortSignal.timeout(4000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}

export {};
