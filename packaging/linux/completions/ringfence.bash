# Completion of ringfence for bash.
_ringfence() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    --profile) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --ca) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --vault) mapfile -t COMPREPLY < <(compgen -W "keyring passphrase session" -- "$word"); return ;;
    --input) mapfile -t COMPREPLY < <(compgen -W "file: silence" -- "$word"); return ;;
    --output) mapfile -t COMPREPLY < <(compgen -W "file: discard" -- "$word"); return ;;
    --bind | --connect-to | --dns) return ;;
  esac
  local options="--profile --vault --input --output --bind --ca --connect-to --dns --help --version"
  [ "$COMP_CWORD" -gt 1 ] || options="demo agent $options"
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}
complete -F _ringfence ringfence
