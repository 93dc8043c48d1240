# Shared by the two supervisors of a desktop: the warden (10002) and the session (10001).

readonly max_log_bytes=$((256 * 1024))
readonly max_starts_per_minute=6

# Seconds since boot, in $now: not moved by anyone who sets the clock.
read_uptime() {
  read -r now _ </proc/uptime
  now=${now%.*}
}

# pause SECONDS: waits without a process of its own.
exec {pause_fd}<> <(:)
pause() {
  read -rt "$1" -u "$pause_fd" || true
}

# keep NAME LOG COMMAND...: runs a command for ever, in the background, and starts it at most max_starts_per_minute
# times a minute.
keep() {
  local name=$1 log=$2
  shift 2
  (
    minute=-1 starts=0
    while :; do
      read_uptime
      if ((now / 60 != minute)); then minute=$((now / 60)) starts=0; fi
      if ((++starts > max_starts_per_minute)); then
        echo "$name ended $max_starts_per_minute times within a minute: the next start waits" >>"$log"
        pause $((60 - now % 60))
        continue
      fi
      status=0
      "$@" >>"$log" 2>&1 </dev/null || status=$?
      echo "$name ended with status $status" >>"$log"
      pause 0.2
    done
  ) &
}

# bound_logs LOG...: keeps the last half of a log that has grown beyond its bound. Writers append, so none is lost.
bound_logs() {
  local log
  for log in "$@"; do
    if [[ -f $log ]] && (($(stat -c %s "$log") > max_log_bytes)); then
      tail -c $((max_log_bytes / 2)) "$log" >"$log.tail" && cat "$log.tail" >"$log"
      rm -f "$log.tail"
    fi
  done
}

# wait_until SECONDS COMMAND...: repeats a command until it succeeds; fails when the time is over.
wait_until() {
  local until
  read_uptime
  until=$((now + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    read_uptime
    ((now < until)) || return 1
    pause 0.02
  done
}
