using Fairlead.Commands;

// Both halves of one setting (the other is Kestrel's): completions run where they are signalled, instead of hopping threads.
// It must be in place before the first socket is. SPEED: nothing on the request path may block.
return await CommandLine.Build().Parse(args).InvokeAsync();
