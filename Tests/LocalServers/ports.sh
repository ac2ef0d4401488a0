# What scripts of servers begin with.
# Nobody listens there now; whoever takes it meanwhile lets the start fail.
free() {
    local port
    while port=$((20000 + RANDOM % 12000)) && (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}
