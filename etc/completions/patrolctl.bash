# bash completion of patrolctl(1): patrolctl itself says what may come next.

_patrolctl()
{
	local cur words offers

	cur=${COMP_WORDS[COMP_CWORD]}
	words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	offers=$("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null)
	if [[ $offers == FILES$'\t'* ]]; then
		compopt -o default
		COMPREPLY=()
		return
	fi
	offers=$(cut -f 1 <<<"$offers")
	mapfile -t COMPREPLY < <(compgen -W "$offers" -- "$cur")
}

complete -F _patrolctl patrolctl
