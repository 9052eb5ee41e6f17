# Completion of ringfence for fish.
complete -c ringfence -f
complete -c ringfence -n __fish_use_subcommand -a demo -d "Open the window, signed in to the demo provider"
complete -c ringfence -n __fish_use_subcommand -a agent -d "The same phone without a window"
complete -c ringfence -l profile -r -a "(__fish_complete_directories)" -d "Keep all state below this directory"
complete -c ringfence -l vault -x -a "keyring passphrase session" -d "Where passwords rest"
complete -c ringfence -l input -x -a "file: silence" -d "The microphone"
complete -c ringfence -l output -x -a "file: discard" -d "The loudspeaker"
complete -c ringfence -l bind -x -d "Listen for SIP here"
complete -c ringfence -l ca -r -F -d "Trust these certificates too"
complete -c ringfence -l connect-to -x -d "Connect elsewhere than names say"
complete -c ringfence -l dns -x -d "Ask this name server"
complete -c ringfence -l help -d "Print a summary"
complete -c ringfence -l version -d "Print the version"
