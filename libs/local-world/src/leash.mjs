// Loaded with --import into every service: it ends with the process that started it, however that one ended.
if (process.channel) {
  process.channel.unref();
  process.once("disconnect", () => {
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), 8000).unref();
  });
}
